import {
  type FieldNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql'
import type { Variables } from './condition.ts'
import type { Field } from './field-rules.ts'
import { distinct, type Guards, ofType } from './schema-guards.ts'

const reachable = new WeakMap<GraphQLNamedType, Guards>()

/** The guards of all scalars and enums that a value of `type` may hold. */
function guardsWithin(type: GraphQLInputType): Guards {
  const start = getNamedType(type)
  let guards = reachable.get(start)
  if (guards === undefined) {
    const types = new Set<GraphQLNamedType>([start])
    // The set grows while it is walked; input types may refer to themselves.
    for (const one of types) {
      if (!isInputObjectType(one)) continue
      for (const field of Object.values(one.getFields())) types.add(getNamedType(field.type))
    }
    guards = distinct([...types].flatMap((one) => (isInputObjectType(one) ? [] : ofType(one))))
    reachable.set(start, guards)
  }
  return guards
}

/** Whether the arguments that `node` gives may hold a value of a guarded scalar or enum. */
export function mayGiveGuarded(field: Field, node: FieldNode): boolean {
  return givenArguments(field, node).some(({ type }) => guardsWithin(type).length > 0)
}

/**
 * The guards of the scalars and enums that a field is given values of. To ask about a value tells of
 * it: a filter by a guarded scalar answers whether the value is there.
 *
 * @param variables as the request sent them, before coercion
 */
export function givenGuards(
  field: Field,
  node: FieldNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): Guards {
  const guards: Guards[] = []
  const sent: Sent[] = []
  const written: Written[] = [...givenArguments(field, node)]
  for (let next = written.pop(); next !== undefined; next = written.pop()) {
    const { type, value } = next
    if (guardsWithin(type).length === 0) continue
    if (value.kind === Kind.VARIABLE) {
      const name = value.name.value
      if (variables === 'any') guards.push(guardsWithin(type))
      else if (variables && Object.hasOwn(variables, name)) {
        sent.push({ type, value: variables[name] })
      } else {
        const byDefault = defaultOf(operation, name)
        if (byDefault !== undefined) written.push({ type, value: byDefault })
      }
    } else if (value.kind === Kind.LIST) {
      for (const item of value.values) written.push({ type, value: item })
    } else if (value.kind === Kind.OBJECT) {
      for (const { name, value: member } of value.fields) {
        const of = memberType(type, name.value)
        if (of !== undefined) written.push({ type: of, value: member })
      }
    } else guards.push(ofType(getNamedType(type)))
  }
  return distinct([...guards.flat(), ...sentGuards(sent)])
}

/** @param sent values of variables; emptied. Not walked by recursion: they may be nested without end. */
function sentGuards(sent: Sent[]): Guards {
  const guards: Guards[] = []
  for (let next = sent.pop(); next !== undefined; next = sent.pop()) {
    const { type, value } = next
    if (guardsWithin(type).length === 0) continue
    if (Array.isArray(value)) {
      for (const item of value) sent.push({ type, value: item })
    } else if (isInputObjectType(getNamedType(type))) {
      for (const [name, member] of Object.entries(value ?? {})) {
        const of = memberType(type, name)
        if (of !== undefined) sent.push({ type: of, value: member })
      }
    } else guards.push(ofType(getNamedType(type)))
  }
  return guards.flat()
}

interface Written {
  readonly type: GraphQLInputType
  readonly value: ValueNode
}

interface Sent {
  readonly type: GraphQLInputType
  readonly value: unknown
}

function givenArguments(field: Field, node: FieldNode): readonly Written[] {
  return (node.arguments ?? []).flatMap(({ name, value }) => {
    const argument = field.args.find((one) => one.name === name.value)
    return argument === undefined ? [] : [{ type: argument.type, value }]
  })
}

function memberType(type: GraphQLInputType, name: string): GraphQLInputType | undefined {
  const named = getNamedType(type)
  return isInputObjectType(named) ? named.getFields()[name]?.type : undefined
}

function defaultOf(operation: OperationDefinitionNode, name: string): ValueNode | undefined {
  const definition = operation.variableDefinitions?.find(
    ({ variable }) => variable.name.value === name,
  )
  return definition?.defaultValue
}

import {
  type FieldNode,
  type GraphQLInputField,
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
import { distinct, type Guards, typeGuards } from './schema-guards.ts'

const reachable = new WeakMap<GraphQLNamedType, Guards>()

/** The guards of all scalars and enums that a value of `type` may contain. */
function guardsWithin(type: GraphQLInputType): Guards {
  const start = getNamedType(type)
  let guards = reachable.get(start)
  if (guards === undefined) {
    const types = new Set<GraphQLNamedType>([start])
    // The set grows during the loop; input types may refer to themselves.
    for (const one of types) {
      if (!isInputObjectType(one)) continue
      for (const field of Object.values(one.getFields())) types.add(getNamedType(field.type))
    }
    guards = distinct([...types].flatMap((one) => (isInputObjectType(one) ? [] : typeGuards(one))))
    reachable.set(start, guards)
  }
  return guards
}

/** Whether the arguments of `node` may contain a value of a guarded scalar or enum. */
export function mayPassGuardedValue(field: Field, node: FieldNode): boolean {
  return passedArguments(field, node).some(({ type }) => guardsWithin(type).length > 0)
}

/**
 * The guards of the scalars and enums whose values the arguments of a field contain. A filter by a guarded
 * scalar reveals whether the value exists, so it requires the guard too.
 *
 * Coercion adds the defaults of members that were not sent. In coerced variables, a member with the value of its
 * default therefore counts as not sent.
 */
export function guardsOfArguments(
  field: Field,
  node: FieldNode,
  operation: OperationDefinitionNode,
  { variables, areCoerced }: SentVariables,
): Guards {
  const guards: Guards[] = []
  const values: InputValue[] = []
  const nodes: InputNode[] = [...passedArguments(field, node)]
  for (let next = nodes.pop(); next !== undefined; next = nodes.pop()) {
    const { type, value } = next
    if (guardsWithin(type).length === 0) continue
    if (value.kind === Kind.VARIABLE) {
      const name = value.name.value
      if (variables === 'any') guards.push(guardsWithin(type))
      else if (isSent(variables, name)) values.push({ type, value: variables[name] })
      else {
        const defaultValue = defaultOf(operation, name)
        if (defaultValue !== undefined) nodes.push({ type, value: defaultValue })
      }
    } else if (value.kind === Kind.LIST) {
      for (const item of value.values) nodes.push({ type, value: item })
    } else if (value.kind === Kind.OBJECT) {
      for (const { name, value: member } of value.fields) {
        const of = memberOf(type, name.value)
        if (of !== undefined) nodes.push({ type: of.type, value: member })
      }
    } else guards.push(typeGuards(getNamedType(type)))
  }
  return distinct([...guards.flat(), ...guardsOfVariables(values, areCoerced)])
}

function isSent(
  variables: Variables,
  name: string,
): variables is Readonly<Record<string, unknown>> {
  if (variables === 'any' || !variables) return false
  return Object.hasOwn(variables, name) && variables[name] !== undefined
}

/**
 * @param values of variables, removed from the list. The loop avoids recursion, because they may be nested
 * deeply.
 */
function guardsOfVariables(values: InputValue[], areCoerced: boolean): Guards {
  const guards: Guards[] = []
  for (let next = values.pop(); next !== undefined; next = values.pop()) {
    const { type, value } = next
    if (guardsWithin(type).length === 0) continue
    if (Array.isArray(value)) {
      for (const item of value) values.push({ type, value: item })
    } else if (isInputObjectType(getNamedType(type))) {
      for (const [name, member] of Object.entries(value ?? {})) {
        const of = memberOf(type, name)
        if (of === undefined || (areCoerced && isUnsent(member, of))) continue
        values.push({ type: of.type, value: member })
      }
    } else guards.push(typeGuards(getNamedType(type)))
  }
  return guards.flat()
}

interface SentVariables {
  /** The variables as the request sent them, or coerced if `areCoerced`. */
  readonly variables: Variables
  readonly areCoerced: boolean
}

interface InputNode {
  readonly type: GraphQLInputType
  readonly value: ValueNode
}

interface InputValue {
  readonly type: GraphQLInputType
  readonly value: unknown
}

function passedArguments(field: Field, node: FieldNode): readonly InputNode[] {
  return (node.arguments ?? []).flatMap(({ name, value }) => {
    const argument = field.args.find((one) => one.name === name.value)
    return argument === undefined ? [] : [{ type: argument.type, value }]
  })
}

function memberOf(type: GraphQLInputType, name: string): GraphQLInputField | undefined {
  const named = getNamedType(type)
  return isInputObjectType(named) ? named.getFields()[name] : undefined
}

function isUnsent(coerced: unknown, { defaultValue }: GraphQLInputField): boolean {
  return coerced === undefined || (defaultValue !== undefined && coerced === defaultValue)
}

function defaultOf(operation: OperationDefinitionNode, name: string): ValueNode | undefined {
  const definition = operation.variableDefinitions?.find(
    ({ variable }) => variable.name.value === name,
  )
  return definition?.defaultValue
}

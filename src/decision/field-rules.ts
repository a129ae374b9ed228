import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import type { Principal } from '../principal.ts'
import type { ScopeRequirement } from '../scopes.ts'

export type Arguments = Readonly<Record<string, unknown>>

/** Names of the types that a field may answer with, given its coerced arguments. */
export type PossibleTypes = (args: Arguments) => Iterable<string>

/** Fields that a payload answers with and that take further scopes. */
export interface PayloadRule {
  /** Paths of fields below the payload, to the values that hold the fields; `[]`: the payload itself. */
  readonly paths: readonly (readonly string[])[]
  /** Whether a field of such a value takes further scopes. */
  readonly covers: (fieldName: string) => boolean
  /** What those fields take. */
  readonly requiresScopes: ScopeRequirement
  /** Whether a caller needs no further scopes, such as one to whom the value belongs. Default: no caller. */
  readonly isExempt?: (args: Arguments, caller: Principal) => boolean
}

/** What a field may hold in `extensions.latchkey` beside its declaration. */
export interface FieldRules {
  readonly possibleTypes?: PossibleTypes
  /** Each counts by itself. */
  readonly payload?: readonly PayloadRule[]
}

export type Field = GraphQLField<unknown, unknown>

export function fieldRulesOf({ extensions }: Pick<Field, 'extensions'>): FieldRules {
  return (extensions?.latchkey ?? {}) as FieldRules
}

/**
 * What narrows the types that a field answers with: its `possibleTypes`, and of a subgraph's
 * `_entities` the `__typename`s of the representations. `null` where nothing does; a field of the
 * mutation or subscription type has run by the time its answer could be compared.
 */
export function possibleTypesOf(
  schema: GraphQLSchema,
  parent: GraphQLObjectType,
  field: Field,
): PossibleTypes | null {
  if (parent === schema.getMutationType() || parent === schema.getSubscriptionType()) return null
  if (!isAbstractType(getNamedType(field.type))) return null
  const { possibleTypes } = fieldRulesOf(field)
  if (typeof possibleTypes === 'function') return possibleTypes
  const isEntities = parent === schema.getQueryType() && field.name === '_entities'
  return isEntities ? typesOfRepresentations(schema) : null
}

/**
 * Apollo Federation, subgraph specification: `_entities(representations: [_Any!]!)`. Every type of the
 * schema where a representation has no name or one that is no string: resolvers look types up by it,
 * whether the union of entities has them or not, and `['Order']` finds what `'Order'` does.
 */
function typesOfRepresentations(schema: GraphQLSchema): PossibleTypes {
  return ({ representations }) => {
    const names = Array.isArray(representations)
      ? representations.map((one: { __typename?: unknown } | null) => one?.__typename)
      : [undefined]
    return names.every((name) => typeof name === 'string')
      ? names
      : Object.keys(schema.getTypeMap())
  }
}

/**
 * The object types that a field may answer with, given its arguments. `null` where that cannot be
 * told, since the arguments are not known or not valid, or `possibleTypes` throws: then it may be any.
 *
 * @param variables coerced; `null`: not known
 * @throws TypeError where `possibleTypes` does not return names
 */
export function narrowedTypes(
  schema: GraphQLSchema,
  field: Field,
  possibleTypes: PossibleTypes,
  node: FieldNode,
  variables: Arguments | null,
): ReadonlySet<string> | null {
  if (variables === null) return null
  let args: Arguments
  try {
    args = getArgumentValues(field, node, variables)
  } catch {
    return null
  }
  return narrowedBy(schema, field, possibleTypes, args)
}

/** The same by coerced arguments. */
export function narrowedBy(
  schema: GraphQLSchema,
  field: Field,
  possibleTypes: PossibleTypes,
  args: Arguments,
): ReadonlySet<string> | null {
  let named: unknown
  try {
    named = possibleTypes(args)
  } catch {
    return null
  }
  if (!isIterable(named)) throw new TypeError(notNames(field))
  const types = new Set<string>()
  for (const name of named) {
    if (typeof name !== 'string') throw new TypeError(notNames(field))
    const type = schema.getType(name)
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type)) types.add(possible.name)
    }
    // An interface has a guard of its own, which counts though no type implements it.
    if (isObjectType(type) || isInterfaceType(type)) types.add(type.name)
  }
  return types
}

/** The abstract types that some field with `possibleTypes` answers with. */
export function narrowedReturnTypes(schema: GraphQLSchema): ReadonlySet<GraphQLAbstractType> {
  const answers = new Set<GraphQLAbstractType>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      if (possibleTypesOf(schema, type, field) === null) continue
      answers.add(getNamedType(field.type) as GraphQLAbstractType)
    }
  }
  return answers
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function notNames({ name }: Field): string {
  return `possibleTypes of the field ${name} must return a list of type names.`
}

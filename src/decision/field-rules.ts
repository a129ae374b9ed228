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

/** Returns the names of the types that a field may return, given its coerced arguments. */
export type PossibleTypes = (args: Arguments) => Iterable<string>

/** A rule for fields of a payload that require further scopes. */
export interface PayloadRule {
  /** The paths of fields from the payload to the objects with the fields; `[]` is the payload itself. */
  readonly paths: readonly (readonly string[])[]
  /** Whether a field of such an object requires further scopes. */
  readonly covers: (fieldName: string) => boolean
  /** The scopes that those fields require. */
  readonly requiresScopes: ScopeRequirement
  /** Whether the rule applies to a field with these arguments. Default: to any. */
  readonly appliesTo?: (args: Arguments) => boolean
  /**
   * Whether a caller is exempt from the rule, such as the owner of the object. Default: no caller is
   * exempt.
   */
  readonly isExempt?: (args: Arguments, caller: Principal) => boolean
}

/** The rules that a field may have in `extensions.latchkey` beside its declaration. */
export interface FieldRules {
  readonly possibleTypes?: PossibleTypes
  /** Each rule applies independently of the others. */
  readonly payload?: readonly PayloadRule[]
}

export type Field = GraphQLField<unknown, unknown>

export function fieldRulesOf({ extensions }: Pick<Field, 'extensions'>): FieldRules {
  return (extensions?.latchkey ?? {}) as FieldRules
}

/**
 * Returns the function that narrows the types that a field returns: its `possibleTypes`, or for `_entities` of
 * a subgraph the `__typename`s of the representations. `null` if there is no such function, and for fields of
 * the mutation and subscription types, which have run before their return type can be checked.
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
 * Narrows `_entities(representations: [_Any!]!)` (Apollo Federation, subgraph specification). If the
 * `__typename` of a representation is missing or is not a string, every type of the schema counts: resolvers
 * look up types by it, even types outside the union of entities, and `['Order']` finds the same type as
 * `'Order'`.
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
 * Returns the object types that a field may return, given its arguments. `null` means any type: the arguments
 * are unknown or not valid, or `possibleTypes` throws.
 *
 * @param variables the coerced variables; `null` if they are unknown
 * @throws TypeError if `possibleTypes` does not return names
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

/** Like `narrowedTypes`, for arguments that are already coerced. */
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
    // An interface has its own guard, which counts even if no type implements the interface.
    if (isObjectType(type) || isInterfaceType(type)) types.add(type.name)
  }
  return types
}

/** The abstract types that fields with `possibleTypes` return. */
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

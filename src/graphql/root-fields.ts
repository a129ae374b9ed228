import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import type { Field } from '../decision/field-rules.ts'
import { rootTypes } from '../decision/undeclared.ts'

export type Resolver = GraphQLFieldResolver<unknown, unknown>

/** The functions of a field that are wrapped. */
export type Wrapped = 'resolve' | 'subscribe'

/** Returns a resolver that runs `resolve` only if the operation may run. */
export type Wrap = (resolve: Resolver, name: Wrapped) => Resolver

/** The resolver that each wrapped one runs, so that none is wrapped twice. */
const originals = new WeakMap<Resolver, Resolver>()

/**
 * Wraps the resolvers of all fields of the root types, those that an application sets later included.
 *
 * @param onReplaced called when a resolver is replaced later
 */
export function wrapRootFields(schema: GraphQLSchema, wrap: Wrap, onReplaced: () => void): void {
  const subscriptionType = schema.getSubscriptionType()
  for (const type of rootTypes(schema)) {
    const functions: readonly Wrapped[] =
      type === subscriptionType ? ['resolve', 'subscribe'] : ['resolve']
    wrapFieldsOf(type, (field) => {
      for (const name of functions) wrapFunction(field, name, wrap, onReplaced)
    })
  }
}

/** Mercurius replaces whole fields of the subscription type. A field that is added would have no guard. */
function wrapFieldsOf(type: GraphQLObjectType, wrapField: (field: Field) => void): void {
  const fields = type.getFields()
  for (const [name, field] of Object.entries(fields)) {
    let present = field
    wrapField(present)
    Object.defineProperty(fields, name, {
      enumerable: true,
      get: () => present,
      set: (replacement: Field) => {
        present = { ...replacement }
        wrapField(present)
      },
    })
  }
  Object.preventExtensions(fields)
}

function wrapFunction(field: Field, name: Wrapped, wrap: Wrap, onReplaced: () => void): void {
  const wrapped = (given: Resolver | null | undefined): Resolver => {
    const resolve = given ?? defaultFieldResolver
    const original = originals.get(resolve) ?? resolve
    const guarded = wrap(original, name)
    originals.set(guarded, original)
    return guarded
  }
  let present = wrapped(field[name])
  Object.defineProperty(field, name, {
    enumerable: true,
    get: () => present,
    set: (replacement: Resolver | null | undefined) => {
      present = wrapped(replacement)
      onReplaced()
    },
  })
}

/** Whether a field may return a root type, so that fields of root types may be resolved below other fields. */
export function returnsRootType(schema: GraphQLSchema): boolean {
  const roots = new Set<unknown>(rootTypes(schema))
  return Object.values(schema.getTypeMap()).some((type) => {
    if (!isObjectType(type) && !isInterfaceType(type)) return false
    return Object.values(type.getFields()).some((field) => {
      const returned = getNamedType(field.type)
      return isAbstractType(returned)
        ? schema.getPossibleTypes(returned).some((possible) => roots.has(possible))
        : roots.has(returned)
    })
  })
}

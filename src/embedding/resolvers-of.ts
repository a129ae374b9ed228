import {
  defaultFieldResolver,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql'
import { fieldRulesOf } from '../decision/field-rules.ts'
import type { FieldResolvers, Resolver, Resolvers } from './key-management-sdl.ts'

/**
 * Returns the resolvers of the fields and scalars of a schema, except those of the types in `foreign`.
 *
 * @param prepare called with the context before each field of a root type
 */
export function resolversOf(
  schema: GraphQLSchema,
  foreign: ReadonlySet<string>,
  prepare: (context: object) => void | Promise<void>,
): Resolvers {
  const resolvers: Resolvers = {}
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || foreign.has(type.name)) continue
    if (isScalarType(type) && !isSpecifiedScalarType(type)) resolvers[type.name] = type
    if (!isObjectType(type)) continue
    const ofFields: FieldResolvers = {}
    for (const field of Object.values(type.getFields())) {
      const { name, resolve: own, subscribe } = field
      if (subscribe !== undefined) {
        ofFields[name] = {
          subscribe: preparing(subscribe, prepare),
          resolve: preparing(own ?? defaultFieldResolver, prepare),
        }
        continue
      }
      if (own === undefined || own === defaultFieldResolver) continue
      const resolve = roots.includes(type) ? preparing(own, prepare) : own
      const { payload } = fieldRulesOf(field)
      // SDL cannot express these rules, so the field of the application's schema gets them as an extension.
      ofFields[name] =
        payload === undefined ? resolve : { resolve, extensions: { latchkey: { payload } } }
    }
    if (Object.keys(ofFields).length > 0) resolvers[type.name] = ofFields
  }
  return resolvers
}

function preparing(
  resolve: Resolver,
  prepare: (context: object) => void | Promise<void>,
): Resolver {
  return (root, args, context, info) => {
    const prepared = prepare(context)
    return prepared instanceof Promise
      ? prepared.then(() => resolve(root, args, context, info))
      : resolve(root, args, context, info)
  }
}

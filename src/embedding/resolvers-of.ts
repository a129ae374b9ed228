import {
  defaultFieldResolver,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql'
import { fieldRulesOf } from '../decision/field-rules.ts'
import type { FieldResolvers, Resolvers } from './key-management-sdl.ts'

/** Returns the resolvers of the fields and scalars of a schema, except those of the types in `foreign`. */
export function resolversOf(schema: GraphQLSchema, foreign: ReadonlySet<string>): Resolvers {
  const resolvers: Resolvers = {}
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || foreign.has(type.name)) continue
    if (isScalarType(type) && !isSpecifiedScalarType(type)) resolvers[type.name] = type
    if (!isObjectType(type)) continue
    const ofFields: FieldResolvers = {}
    for (const field of Object.values(type.getFields())) {
      const { name, resolve } = field
      if (resolve === undefined || resolve === defaultFieldResolver) continue
      const { payload } = fieldRulesOf(field)
      // SDL cannot express these rules, so the field of the application's schema gets them as an extension.
      ofFields[name] =
        payload === undefined ? resolve : { resolve, extensions: { latchkey: { payload } } }
    }
    if (Object.keys(ofFields).length > 0) resolvers[type.name] = ofFields
  }
  return resolvers
}

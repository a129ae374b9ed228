import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { sorted } from '../scopes.ts'
import { type Declaration, declarationOf } from './guard.ts'

/**
 * For each scope the schema coordinates that ask for it, sorted: fields such as `Query.users`, and
 * types such as `User` where the whole type does.
 */
export function scopeCoordinates(schema: GraphQLSchema): ReadonlyMap<string, readonly string[]> {
  const coordinates = new Map<string, string[]>()
  for (const { coordinate, declaration } of declarations(schema)) {
    for (const scope of new Set(declaration.requiresScopes?.flat())) {
      const known = coordinates.get(scope)
      if (known === undefined) coordinates.set(scope, [coordinate])
      else known.push(coordinate)
    }
  }
  return new Map([...coordinates].map(([scope, list]) => [scope, sorted(list)]))
}

interface Declared {
  readonly coordinate: string
  readonly declaration: Declaration
}

/** Every declaration in the schema, on object and interface types and on their fields. */
export function* declarations(schema: GraphQLSchema): Generator<Declared> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) continue
    const ofType = declarationOf(type)
    if (ofType !== null) yield { coordinate: type.name, declaration: ofType }
    for (const field of Object.values(type.getFields())) {
      const declaration = declarationOf(field)
      if (declaration !== null) yield { coordinate: `${type.name}.${field.name}`, declaration }
    }
  }
}

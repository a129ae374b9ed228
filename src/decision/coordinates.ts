import {
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql'
import { sorted } from '../scopes.ts'
import { type Declaration, declarationOf } from './guard.ts'
import { SchemaGuards } from './schema-guards.ts'

/**
 * Returns for each scope the schema coordinates that require it, sorted: fields such as `Query.users`, types
 * such as `User` if the type is guarded, and the fields that may return a guarded type.
 */
export function scopeCoordinates(schema: GraphQLSchema): ReadonlyMap<string, readonly string[]> {
  const coordinates = new Map<string, Set<string>>()
  const add = (scope: string, coordinate: string) => {
    const known = coordinates.get(scope)
    if (known === undefined) coordinates.set(scope, new Set([coordinate]))
    else known.add(coordinate)
  }
  for (const { coordinate, declaration } of declarations(schema)) {
    for (const scope of declaration.requiresScopes?.flat() ?? []) add(scope, coordinate)
  }
  for (const { coordinate, scopes } of fieldsReturningGuardedTypes(schema)) {
    for (const scope of scopes) add(scope, coordinate)
  }
  return new Map([...coordinates].map(([scope, list]) => [scope, sorted(list)]))
}

interface Declared {
  readonly coordinate: string
  readonly declaration: Declaration
}

/** Every declaration in the schema, on types and on the fields of object and interface types. */
export function* declarations(schema: GraphQLSchema): Generator<Declared> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isInputObjectType(type)) continue
    const ofType = declarationOf(type)
    if (ofType !== null) yield { coordinate: type.name, declaration: ofType }
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const declaration = declarationOf(field)
      if (declaration !== null) yield { coordinate: `${type.name}.${field.name}`, declaration }
    }
  }
}

function* fieldsReturningGuardedTypes(schema: GraphQLSchema) {
  const guards = SchemaGuards.of(schema)
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || !(isObjectType(type) || isInterfaceType(type))) continue
    for (const field of Object.values(type.getFields())) {
      const scopes = guards.ofAnyReturnType(field).flat(2)
      if (scopes.length > 0) yield { coordinate: `${type.name}.${field.name}`, scopes }
    }
  }
}

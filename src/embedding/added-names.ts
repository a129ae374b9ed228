import { type GraphQLSchema, isInputObjectType, isObjectType, isScalarType } from 'graphql'
import { createBuilder } from '../schema/builder.ts'
import { registerPageInfo } from '../schema/connection-types.ts'
import { type OptionalPart, registerKeyManagement } from '../schema/key-management.ts'
import type { ScopeCatalogue } from '../scopes.ts'

/** The names of the types and root fields of some parts of the schema, without prefixes. */
export interface AddedNames {
  /** Without `PageInfo` and scalars, which the application may have. */
  readonly types: ReadonlySet<string>
  readonly rootFields: ReadonlySet<string>
  /** The names of arguments, input fields and fields of other types. */
  readonly members: ReadonlySet<string>
}

export function addedNames(
  include: ReadonlySet<OptionalPart>,
  catalogue: ScopeCatalogue,
): AddedNames {
  const builder = createBuilder(catalogue)
  const PageInfoRef = registerPageInfo(builder)
  registerKeyManagement(builder, { include, PageInfoRef, catalogue })
  return namesIn(builder.toSchema())
}

function namesIn(schema: GraphQLSchema): AddedNames {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].map(
    (type) => type?.name,
  )
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isScalarType(type) && !type.name.startsWith('__'),
  )
  const fields = types
    .filter((type) => isObjectType(type) || isInputObjectType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
  const args = fields.flatMap(({ field }) => ('args' in field ? field.args : []))
  return {
    types: new Set(
      types.map(({ name }) => name).filter((name) => ![...roots, 'PageInfo'].includes(name)),
    ),
    rootFields: new Set(
      fields.filter(({ type }) => roots.includes(type.name)).map(({ field }) => field.name),
    ),
    members: new Set(
      [
        ...fields.filter(({ type }) => !roots.includes(type.name)).map(({ field }) => field),
        ...args,
      ].map(({ name }) => name),
    ),
  }
}

import { SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef } from 'graphql'

const fields = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
)

/** A field that every document may select though no type has it, of that name. */
export function introspectionField(name: string) {
  return fields.get(name)
}

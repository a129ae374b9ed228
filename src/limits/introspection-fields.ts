import { SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef } from 'graphql'

const fields = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
)

/** Returns the introspection field with this name, such as `__typename`, which belongs to no type. */
export function introspectionField(name: string) {
  return fields.get(name)
}

import { type SchemaNames, standardSchema } from '../schema-names.ts'

const partitionLock = standardSchema.lockKey(2).join(', ')

/** Every use of the name of the schema in `drizzle/`, in the order in which they are tried. */
const uses = new RegExp(
  [
    '"latchkey"',
    "'latchkey'::regnamespace",
    'latchkey\\.changes_told\\b',
    '\\blatchkey\\.',
    '\\blatchkey_changes\\b',
    '\\blatchkey_events\\b',
    `\\b${partitionLock}\\b`,
    'latchkey',
  ].join('|'),
  'g',
)

/**
 * Returns the SQL of a migration for `schema`; for the default schema it is unchanged. The files name the
 * default schema. Only its qualifier and the names that depend on it are replaced; a quoted identifier is
 * valid wherever a file has the qualifier, also in function bodies and in the string literals that these
 * cast to a name or execute.
 *
 * @throws Error if the text uses the word in another way
 */
export function inSchema(text: string, schema: SchemaNames): string {
  if (schema.name === standardSchema.name) return text
  return text.replace(uses, (use) => {
    switch (use) {
      case '"latchkey"':
        return schema.quoted
      case "'latchkey'::regnamespace":
        return `'${schema.quoted}'::regnamespace`
      case standardSchema.counterSetting:
        return schema.counterSetting
      case 'latchkey.':
        return `${schema.quoted}.`
      case standardSchema.changeChannel:
        return schema.changeChannel
      case standardSchema.eventChannel:
        return schema.eventChannel
      case partitionLock:
        return schema.lockKey(2).join(', ')
      default:
        throw new Error('A migration names the schema latchkey in a way that cannot be replaced.')
    }
  })
}

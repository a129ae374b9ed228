import { pgSchema } from 'drizzle-orm/pg-core'

/** The schema of every table, under the name that it has in the code: see `schema-names.ts`. */
export const latchkey = pgSchema('latchkey')

import * as z from 'zod'
import { standardSchema } from '../../db/schema-names.ts'
import { oneOf, postgresUrl, schemaName } from '../readers.ts'
import type { Definition } from './definition.ts'

export const databaseVariables = {
  DATABASE_URL: {
    meaning:
      'The connection string of the database, PostgreSQL 14 or later: `postgres://user:password@host:5432/database`. Required in production.',
    unset: 'an embedded PostgreSQL in DATA_DIR',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_LISTEN_URL: {
    meaning:
      'A direct connection to the primary, for LISTEN. Set it where DATABASE_URL leads to a connection pooler.',
    unset: 'DATABASE_URL',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_READ_URL: {
    meaning:
      'The connection string of a replica that serves lists and counts, which may then be behind the primary.',
    unset: 'DATABASE_URL',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_SCHEMA: {
    meaning:
      'The Postgres schema with the tables: 1 to 46 lower-case letters, digits and `_`, not `public`. Set it to use the tables of an application that passes this name to `connectLatchkey`.',
    default: standardSchema.name,
    read: schemaName,
  },
  MIGRATE: {
    meaning:
      '`auto`: the server migrates the database when it starts. `off`: it never changes the schema, needs only the rights to read and write rows, and does not start on a schema that is not up to date.',
    default: 'auto',
    read: oneOf(['auto', 'off']),
  },
  DATA_DIR: {
    meaning:
      'The folder of the embedded database and of the keys that the server generates outside production.',
    default: '.data',
    read: z.string(),
  },
} as const satisfies Record<string, Definition>

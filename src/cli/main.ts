#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { printSdl } from '../pothos/index.ts'
import { createSchema } from '../schema/index.ts'
import { serveUntilSignalled } from '../server/serve-until-signalled.ts'
import { migrateDatabase, withDatabase } from './database.ts'
import { runCommand } from './program.ts'

/** Beside both `src` and `dist`. */
const root = new URL('../../', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

// Serving goes on after the command has returned, and ends the process itself.
process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  version,
  out: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(text),
  now: Date.now,
  startServer: serveUntilSignalled,
  migrate: migrateDatabase,
  printSchema: () => printSdl(createSchema()),
  schemaFile: fileURLToPath(new URL('schema.graphql', root)),
  withDatabase,
})

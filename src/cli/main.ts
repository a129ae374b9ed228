#!/usr/bin/env node
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CommandContext } from './command-context.ts'
import { runCommand } from './program.ts'
import { stopSignal } from './stop-signal.ts'

/** Of the package, from `src/cli` and `dist/cli` alike. */
const root = new URL('../../', import.meta.url)

// Who reads no further (`latchkey users list | head`) has what they wanted.
const outputClosed = new Promise<void>((resolve) => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    resolve()
  })
})

let stopping = false

/** What few commands need is loaded by those, so that the others start at once. */
const context: CommandContext = {
  environment: process.env,
  version: JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version,
  out: (text) => process.stdout.write(text),
  outputClosed,
  note: (text) => process.stderr.write(text),
  now: Date.now,
  keepHeapSmall: async () => (await import('../server/heap.ts')).keepHeapSmall(),
  startServer: async (config, signal) =>
    (await import('../server/start.ts')).startServer(config, { signal }),
  startWorkers: async (config, count, signal) =>
    cluster.isPrimary
      ? (await import('../server/workers.ts')).startWorkers(config, count, signal)
      : (await import('../server/worker.ts')).startWorker(config, signal),
  stopSignal: () => {
    const asked = stopSignal()
    void asked.then(() => {
      stopping = true
    })
    return asked
  },
  withMigrations: async (target, options, use) =>
    (await import('./database.ts')).withTargetMigrations(target, options, use),
  printSchema: async () => {
    const [{ createSchema }, { printSdl }] = await Promise.all([
      import('../schema/index.ts'),
      import('../pothos/index.ts'),
    ])
    return printSdl(createSchema())
  },
  schemaFile: fileURLToPath(new URL('schema.graphql', root)),
  withDatabase: async (config, use) => (await import('./database.ts')).withDatabase(config, use),
}

process.exitCode = await runCommand(process.argv.slice(2), context)
// A connection to a server that does not answer would keep the process until it times out.
if (stopping) process.exit()

#!/usr/bin/env node
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CommandContext } from './command-context.ts'
import { runCommand } from './program.ts'
import { stopSignal } from './stop-signal.ts'

/** The folder of the package: the same from `src/cli` and from `dist/cli`. */
const root = new URL('../../', import.meta.url)

// A reader such as `head` closes standard output early. That is not an error.
const outputClosed = new Promise<void>((resolve) => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    resolve()
  })
})

async function readInput(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) {
    text += part
    if (text.length > 65_536) break
  }
  return text
}

let stopping = false

/** Modules that few commands need are loaded by those commands, so that the others start quickly. */
const context: CommandContext = {
  environment: process.env,
  version: JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version,
  out: (text) => process.stdout.write(text),
  input: readInput,
  outputClosed,
  note: (text) => process.stderr.write(text),
  now: Date.now,
  limitHeapGrowth: async () => (await import('../server/heap.ts')).limitHeapGrowth(),
  startServer: async (config, signal) =>
    (await import('../server/start.ts')).startServer(config, { signal }),
  startWorkers: async (config, count, signal) =>
    cluster.isPrimary
      ? (await import('../workers/workers.ts')).startWorkers(config, count, signal)
      : (await import('../workers/worker.ts')).startWorker(config, signal),
  stopSignal: (options) => {
    const signal = stopSignal(options)
    void signal.then(() => {
      stopping = true
    })
    return signal
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
// A connection to a database that does not answer would keep the process alive until its timeout.
if (stopping) process.exit()

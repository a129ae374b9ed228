import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandContext } from '../../src/cli/command-context.ts'
import { runCommand } from '../../src/cli/program.ts'

export const now = Date.parse('2030-01-01T00:00:00Z')

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command in this process. `context` replaces parts of its context; the default folder is empty. */
export async function run(
  words: readonly string[],
  context: Partial<CommandContext> = {},
): Promise<Run> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommand(words, {
    environment: { DATA_DIR: mkdtempSync(join(tmpdir(), 'latchkey-')) },
    version: '1.2.3',
    out: (text) => out.push(text),
    input: async () => '',
    outputClosed: new Promise(() => {}),
    note: (text) => err.push(text),
    now: () => now,
    limitHeapGrowth: async () => {},
    startServer: unused,
    startWorkers: unused,
    stopSignal: async () => {},
    withMigrations: unused,
    printSchema: async () => 'type Query\n',
    schemaFile: '/nonexistent/schema.graphql',
    withDatabase: unused,
    ...context,
  })
  return { code, out: out.join(''), err: err.join('') }
}

function unused(): never {
  throw new Error('this command should not have come so far')
}

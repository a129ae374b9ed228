import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

/** The built command (by `pretest`), which tests run in a process of its own. */
export const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface ServerProcess {
  readonly child: ChildProcess
  /** The lines of the banner, by name. */
  readonly banner: Readonly<Record<string, string>>
  readonly url: string
  /** Returns the standard error output so far. */
  readonly errors: () => string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** Creates a folder that the account of the database can access too if the tests run as root. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  chmodSync(folder, 0o755)
  return folder
}

/**
 * Starts `latchkey serve` in development and waits until it is ready. Rejects with its error output if
 * it ends before.
 */
export async function startServerProcess(
  dataDir: string,
  environment: Record<string, string> = {},
  words: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [bin, 'serve', ...words], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, ...environment },
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (/^Try .+\n/m.test(output)) {
      child.stdout.resume()
      const banner = Object.fromEntries(
        [...output.matchAll(/^(GraphQL|API key|JWT|Try) +(.+)$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      )
      return { child, banner, url: banner.GraphQL ?? '', errors: () => errors, ended }
    }
  }
  throw new Error(`It ended with ${await ended}: ${errors}`)
}

/**
 * Provides a server for all tests of a file, on a folder of its own. A test that ends it must replace
 * it.
 */
export function serverForAll(): { readonly dataDir: string; process: ServerProcess } {
  const dataDir = temporaryFolder()
  const running = { dataDir } as { readonly dataDir: string; process: ServerProcess }
  beforeAll(async () => {
    running.process = await startServerProcess(dataDir)
  })
  afterAll(async () => {
    running.process.child.kill('SIGTERM')
    await running.process.ended
    rmSync(dataDir, { recursive: true, force: true })
  })
  return running
}

/** Returns the HTTP status of a request with that credential. */
export async function statusOf({ url }: ServerProcess, credential: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    body: '{"query":"{ viewer { subject } }"}',
  })
  await response.text()
  return response.status
}

/** Runs a command of the built program while a server runs on that folder, and returns its output. */
export function commandOn(dataDir: string, ...words: string[]) {
  const env = { PATH: process.env.PATH, DATA_DIR: dataDir }
  return JSON.parse(execFileSync(process.execPath, [bin, ...words, '--json'], { env }).toString())
}

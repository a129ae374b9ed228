import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

/** As it is installed: built (by `pretest`), in a process of its own. */
export const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface ServerProcess {
  readonly child: ChildProcess
  /** Lines of the banner, by name. */
  readonly banner: Readonly<Record<string, string>>
  readonly url: string
  /** What it wrote to standard error so far. */
  readonly errors: () => string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** One that the database's own account can reach too, where the tests run as root. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  chmodSync(folder, 0o755)
  return folder
}

/** `latchkey serve` in development, ready. Rejects with what it wrote when it ends before. */
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

/** A server for all tests of a file, on a folder of its own. A test that ends it puts another in its place. */
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

/** The status of an answer to that credential. */
export async function statusOf({ url }: ServerProcess, credential: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    body: '{"query":"{ viewer { subject } }"}',
  })
  await response.text()
  return response.status
}

/** What a command of the built program answers, beside a server on that folder. */
export function commandOn(dataDir: string, ...words: string[]) {
  const env = { PATH: process.env.PATH, DATA_DIR: dataDir }
  return JSON.parse(execFileSync(process.execPath, [bin, ...words, '--json'], { env }).toString())
}

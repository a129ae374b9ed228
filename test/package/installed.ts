import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, inject, vi } from 'vitest'
import { freePort } from '../support/programs.ts'
import type { NodeVersion } from './node-versions.ts'

export const { folder, bare, archive, nodes, log: installationLog } = inject('installation')
/** The oldest and the newest Node, for tests with many programs: those in between take long and differ little. */
export const oldestAndNewest = nodes.filter((_, n) => n === 0 || n === nodes.length - 1)
export const command = join(folder, 'node_modules/.bin/latchkey')

/** A folder in the project that has the package installed. */
export function projectFolder(): string {
  return mkdtempSync(join(folder, 'project-'))
}

export interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Nothing of the environment of the tests but what finds programs. */
export function environmentOf(node: NodeVersion): Record<string, string> {
  const path = [dirname(node.path), dirname(command), process.env.PATH].join(delimiter)
  return { PATH: path, HOME: process.env.HOME ?? '', LOG_LEVEL: 'warn' }
}

/** Runs a program to its end. */
export function finish(
  program: string,
  words: readonly string[],
  {
    input = '',
    ...options
  }: Readonly<{ cwd: string; env: Record<string, string>; input?: string }>,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(program, words, options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
    // A program that ends without reading its input closes it.
    child.stdin?.on('error', () => {}).end(input)
  })
}

export interface InstalledServer {
  readonly port: number
  readonly written: () => string
  /** Sends SIGTERM; resolves with the exit code, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals | null>
}

/** Those that a test has left running. */
const running = new Set<InstalledServer>()
afterAll(() => Promise.all([...running].map((server) => server.stop())))

/** Starts a server, which is told its port by `PORT`, and waits until it answers 200 at `path`. */
export async function startServer(
  program: string,
  words: readonly string[],
  options: {
    readonly cwd: string
    readonly env: Record<string, string>
    /** Default `/readyz`. */
    readonly path?: string
  },
): Promise<InstalledServer> {
  const port = await freePort()
  const { cwd, env, path = '/readyz' } = options
  // A group of its own: npx and shells pass no signal on.
  const child = spawn(program, words, { cwd, env: { ...env, PORT: `${port}` }, detached: true })
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      written += chunk
    })
  }
  const server: InstalledServer = {
    port,
    written: () => written,
    async stop() {
      if (child.pid !== undefined && !hasEnded(child)) killGroup(child.pid)
      const how = await ended
      running.delete(server)
      return how
    },
  }
  running.add(server)
  await vi.waitFor(
    async () => {
      if (hasEnded(child)) return
      // Apollo Server answers no GET without a header that a page of another origin cannot send.
      const headers = { 'apollo-require-preflight': 'true' }
      const { ok } = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
      if (!ok) throw new Error(`It is not ready: ${written}`)
    },
    { timeout: 40_000, interval: 50 },
  )
  if (hasEnded(child)) throw new Error(`It ended with ${await ended}: ${written}`)
  return server
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // All of it has ended.
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './server-process.ts'

/**
 * Returns whether the machine has a program. If it does not, a test fails where tests must not be
 * skipped (`CI=true`); elsewhere a message says that they are skipped.
 */
export function hasProgram(name: string, debianPackage = name): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
  if (!found && process.env.CI === 'true') {
    test(`${name} is installed`, () => expect.fail(`apt-get install ${debianPackage}`))
  } else if (!found) {
    console.warn(`Skipped: ${name} is not installed (apt-get install ${debianPackage}).`)
  }
  return found
}

export interface RunningProgram {
  /** Returns the output so far. */
  readonly output: () => string
  stop(): Promise<void>
}

/** Starts a server and waits until its port is open. */
export async function startProgram(
  command: string,
  words: readonly string[],
  port: number,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<RunningProgram> {
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit')
  for (;;) {
    if (await isOpen(port)) break
    if (child.exitCode !== null) throw new Error(`${command} ended: ${output}`)
    await new Promise((done) => setTimeout(done, 20))
  }
  return { output: () => output, stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => {}).once('connect', () => socket.destroy())
  })
}

/** Returns a port that was free a moment ago, for a program that cannot report which port it took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Copies a folder of configuration and replaces some texts in it. */
export function copyConfiguration(
  folder: string,
  replacements: Readonly<Record<string, string>>,
): string {
  const copy = join(temporaryFolder(), 'configuration')
  cpSync(folder, copy, { recursive: true })
  for (const name of readdirSync(copy)) {
    let text = readFileSync(join(copy, name), 'utf8')
    for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, to)
    writeFileSync(join(copy, name), text)
  }
  return copy
}

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll } from 'vitest'
import { freePort } from '../support/programs.ts'
import { codeBlocks } from './code-blocks.ts'
import { environmentOf, folder } from './installed.ts'
import type { NodeVersion } from './node-versions.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A folder with the package as it is installed, and the frameworks of this repository's development. It is inside
 * the repository, so that the package and the frameworks share one copy of graphql.
 */
export function frameworkFolder(): string {
  const parent = join(root, '.data')
  mkdirSync(parent, { recursive: true })
  const cwd = mkdtempSync(join(parent, 'frameworks-'))
  afterAll(() => rmSync(cwd, { recursive: true, force: true }))
  const installed = join(folder, 'node_modules/latchkey')
  cpSync(installed, join(cwd, 'node_modules/latchkey'), { recursive: true })
  return cwd
}

/** Writes the programs of the documents to a folder. */
export function writeExamples(cwd: string): void {
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  for (const { marker, code } of codeBlocks(['ts'])) {
    const [, name] = /^example (\S+)$/.exec(marker) ?? []
    if (name === undefined) continue
    writeFileSync(join(cwd, name), transformSync(code, { loader: 'ts' }).code)
  }
}

/** Starts a program, which gets its port as `PORT`, and waits until it listens. */
export async function runExample(
  node: NodeVersion,
  file: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
) {
  const port = await freePort()
  const child = spawn(node.path, [file], {
    cwd,
    env: { ...environmentOf(node), ...env, PORT: String(port) },
    stdio: 'inherit',
  })
  await listening(port, () => child.exitCode !== null)
  return { port, url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

async function listening(port: number, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      }).on('error', () => resolve(false))
    })
    if (connected) return
    if (hasEnded()) throw new Error('The program ended.')
    await wait(50)
  }
}

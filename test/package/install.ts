import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { temporaryFolder } from '../support/server-process.ts'
import { type NodeVersion, nodeVersions } from './node-versions.ts'

declare module 'vitest' {
  interface ProvidedContext {
    installation: Installation
  }
}

export interface Installation {
  /** A project of its own, whose only dependency is the package as it is published. */
  readonly folder: string
  /** What npm wrote when it installed the package, by the oldest Node of `nodes`. */
  readonly log: string
  readonly nodes: readonly NodeVersion[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** One installation for all tests of the package. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = temporaryFolder()
  const nodes = await nodeVersions(join(tmpdir(), `latchkey-test-nodes-${userInfo().username}`))
  const log = await install(folder, nodes)
  project.provide('installation', { folder, log, nodes })
  return () => rm(folder, { recursive: true, force: true })
}

async function install(folder: string, [oldest]: readonly NodeVersion[]): Promise<string> {
  const packed = join(folder, 'packed')
  mkdirSync(packed)
  // Builds first, where `dist` is not what the sources make.
  await run('npm', ['pack', '--pack-destination', packed], { cwd: root })
  const [file = ''] = readdirSync(packed)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const path = `${dirname(oldest?.path ?? process.execPath)}${delimiter}${process.env.PATH}`
  const { stdout, stderr } = await run(
    'npm',
    ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', join(packed, file)],
    { cwd: folder, env: { ...settingsOfNpm(), PATH: path, HOME: process.env.HOME } },
  )
  return stdout + stderr
}

/** Where npm finds packages. What it tells scripts besides, such as whose project they are of, is not for others. */
function settingsOfNpm(): Record<string, string | undefined> {
  const setting =
    /^(npm_config_(registry|cache|userconfig|globalconfig|.*proxy)|https?_proxy|no_proxy)$/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => setting.test(name)))
}

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  /** A project of its own that depends on the package as it is published, and on all its peers. */
  readonly folder: string
  /** A project whose only dependency is the package. */
  readonly bare: string
  /** The path of the package as it is published. */
  readonly archive: string
  /** What npm wrote when it installed the package in `bare`, by the oldest Node of `nodes`. */
  readonly log: string
  readonly nodes: readonly NodeVersion[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** Two installations for all tests of the package. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = temporaryFolder()
  const bare = temporaryFolder()
  const nodes = await nodeVersions(join(tmpdir(), `latchkey-test-nodes-${userInfo().username}`))
  const archive = await pack(folder)
  const log = await install(bare, [archive], nodes)
  await install(folder, [archive, ...peers()], nodes)
  project.provide('installation', { folder, bare, archive, log, nodes })
  return async () => {
    for (const each of [folder, bare]) await rm(each, { recursive: true, force: true })
  }
}

/** Builds first, if `dist` is out of date. Returns the path of the archive. */
async function pack(folder: string): Promise<string> {
  const packed = join(folder, 'packed')
  mkdirSync(packed)
  await run('npm', ['pack', '--pack-destination', packed], { cwd: root })
  const [file = ''] = readdirSync(packed)
  return join(packed, file)
}

/** The optional peers in the versions that the sources are tested with. */
function peers(): string[] {
  const { peerDependenciesMeta, devDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as { peerDependenciesMeta: object; devDependencies: Readonly<Record<string, string>> }
  return Object.keys(peerDependenciesMeta).map((name) => `${name}@${devDependencies[name]}`)
}

/** Installs packages into a new project, by the oldest Node. Returns what npm wrote. */
export async function install(
  folder: string,
  packages: readonly string[],
  [oldest]: readonly NodeVersion[],
): Promise<string> {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const path = `${dirname(oldest?.path ?? process.execPath)}${delimiter}${process.env.PATH}`
  const { stdout, stderr } = await run(
    'npm',
    ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', ...packages],
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

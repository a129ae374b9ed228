import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the README promises to run on: the oldest, and the current ones. */
const supported = ['20.19', '24', '26']

export interface NodeVersion {
  /** Such as `20.19.6`. */
  readonly version: string
  /** Of the program. */
  readonly path: string
}

/**
 * The versions of Node to test the package on, oldest first: those of `TEST_NODE_VERSIONS`, a comma list;
 * in CI all supported ones; else the one that runs the tests.
 *
 * @param folder keeps those that npm installs
 * @throws Error where one cannot be had
 */
export async function nodeVersions(folder: string): Promise<readonly NodeVersion[]> {
  const named = process.env.TEST_NODE_VERSIONS?.split(',').map((version) => version.trim())
  const wanted = named ?? (process.env.CI === 'true' ? supported : [])
  if (wanted.length === 0) return [{ version: process.versions.node, path: process.execPath }]
  return Promise.all(wanted.map((version) => nodeVersion(version, join(folder, version))))
}

async function nodeVersion(wanted: string, folder: string): Promise<NodeVersion> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const path = join(folder, 'node_modules', name, 'bin/node')
  const ask = async () => (await run(path, ['--version'])).stdout.trim().slice(1)
  const matches = (version: string) => `${version}.`.startsWith(`${wanted}.`)
  const cached = await ask().catch(() => '')
  if (matches(cached)) return { version: cached, path }
  const words = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--prefer-offline',
    `${name}@${wanted}`,
  ]
  await run('npm', words).catch((error: Error) => {
    throw new Error(`npm cannot install Node ${wanted}.`, { cause: error })
  })
  return { version: await ask(), path }
}

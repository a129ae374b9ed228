import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Account, canAccess } from './account.ts'
import { type Binaries, cleanEnvironment } from './binaries.ts'
import { EmbeddedStartError } from './errors.ts'
import { isAlive } from './postmaster.ts'

/** The superuser of the cluster. Its default database has the same name. */
export const superuser = 'postgres'

/**
 * Returns the folder of the cluster: `<dataDir>/postgres`, or the target of that link. If `account`
 * cannot enter `dataDir` (for example a clone in a folder of mode 0700), the cluster is kept in the
 * folder `elsewhere`, and `<dataDir>/postgres` is a symbolic link to it.
 */
export async function clusterFolder(
  dataDir: string,
  account: Account | null,
  elsewhere: () => Promise<string>,
): Promise<string> {
  const here = join(dataDir, 'postgres')
  const found = await lstat(here).catch(() => null)
  if (found?.isSymbolicLink()) return resolve(dataDir, await readlink(here))
  if (found !== null || account === null || canAccess(account, dataDir)) return here
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const there = join(await elsewhere(), name)
  await symlink(there, here).catch(unless('EEXIST'))
  return there
}

/**
 * Returns the password of {@link superuser}. The first caller creates it; every other caller gets the
 * same one.
 */
export async function clusterPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres-password')
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES') return unless('ENOENT')(error)
    throw new EmbeddedStartError(
      `${dataDir} belongs to another user: run this command as that user, or set DATA_DIR to a folder of your own.`,
      { cause: error },
    )
  })
  if (known !== undefined) return known.trim()
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  await link(draft, file).catch(unless('EEXIST'))
  await rm(draft)
  return (await readFile(file, 'utf8')).trim()
}

/**
 * Creates the cluster unless it exists. It is created beside its final path and renamed when it is
 * complete: a crash leaves no incomplete cluster, and of two concurrent calls one succeeds.
 *
 * @returns whether this call created it
 */
export async function createCluster(
  folder: string,
  password: string,
  binaries: Binaries,
  account: Account | null,
  onLaunch?: () => void,
): Promise<boolean> {
  if ((await lstat(join(folder, 'PG_VERSION')).catch(() => null)) !== null) return false
  await removeLeftovers(folder)
  const draft = `${folder}.${process.pid}.tmp`
  const passwordFile = `${draft}.password`
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
  try {
    if (account !== null) {
      await chown(draft, account.uid, account.gid)
      await chown(passwordFile, account.uid, account.gid)
    }
    await initdb(binaries, draft, passwordFile, account, onLaunch)
    await rename(draft, folder)
    return true
  } catch (error) {
    unless('ENOTEMPTY', 'EEXIST')(error)
    return false
  } finally {
    await rm(passwordFile, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}

const run = promisify(execFile)

async function initdb(
  binaries: Binaries,
  folder: string,
  passwordFile: string,
  account: Account | null,
  onLaunch?: () => void,
): Promise<void> {
  const options = [
    `--pgdata=${folder}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
  ]
  try {
    const cwd = dirname(folder)
    const running = run(binaries.initdb, options, { ...account, ...cleanEnvironment, cwd })
    onLaunch?.()
    await running
  } catch (cause) {
    const { stderr } = cause as { stderr?: string }
    throw new EmbeddedStartError(
      `PostgreSQL could not create its data folder ${folder}: ${stderr}`,
      {
        cause,
      },
    )
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.`)) continue
    const pid = /^\.(\d+)\.tmp/.exec(name.slice(basename(folder).length))?.[1]
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue
    await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

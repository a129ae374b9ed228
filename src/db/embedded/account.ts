import { execFile, spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { EmbeddedStartError } from './errors.ts'

/** The account of the operating system that PostgreSQL runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * `null` where PostgreSQL may run as we do. PostgreSQL refuses to run as root, so root lends it the
 * account that owns `existingData`, else `postgres`, else `nobody`: initdb wants one with a name, and
 * these exist without anyone making one.
 */
export async function chooseAccount(existingData: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(existingData).catch(() => null)
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const account = (await accountNamed('postgres')) ?? (await accountNamed('nobody'))
  if (account === null) {
    throw new EmbeddedStartError(
      'PostgreSQL does not run as root, and there is neither an account postgres nor nobody to run it as: run this as another user, or set DATABASE_URL.',
    )
  }
  return account
}

/** Whether that account can use `path`, a program or a folder to pass through. */
export function canPass(account: Account, path: string): boolean {
  const options = { uid: account.uid, gid: account.gid, stdio: 'ignore', cwd: '/' } as const
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], options).status === 0
}

const run = promisify(execFile)

async function accountNamed(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

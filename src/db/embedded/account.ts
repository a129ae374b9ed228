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
 * Chooses the account that runs PostgreSQL; `null` if it can run as the account of this process.
 * PostgreSQL refuses to run as root. Root therefore runs it as the account that owns `existingData`,
 * otherwise as `postgres`, otherwise as `nobody`: initdb needs an account with a name, and these
 * usually exist.
 */
export async function chooseAccount(existingData: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(existingData).catch(() => null)
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const account = (await accountNamed('postgres')) ?? (await accountNamed('nobody'))
  if (account === null) {
    throw new EmbeddedStartError(
      'PostgreSQL does not run as root, and neither the account postgres nor the account nobody exists: run this command as another user, or set DATABASE_URL.',
    )
  }
  return account
}

/** Returns whether the account can execute the program `path`, or enter the folder `path`. */
export function canAccess(account: Account, path: string): boolean {
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

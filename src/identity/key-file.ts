import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type IdentityKey,
  type IdentityKeySet,
  IdentityKeysError,
  newIdentityKeys,
  readIdentityKeys,
  writeIdentityKeys,
} from './keys.ts'

/** Where a server that is given no file keeps its own, outside production. */
export function defaultIdentityKeysFile(dataDir: string): string {
  return join(dataDir, 'identity-keys.json')
}

/** @throws IdentityKeysError, or Error with a `code` when the file cannot be read */
export function readIdentityKeysFile(path: string): IdentityKeySet {
  return readIdentityKeys(readFileSync(path, 'utf8'))
}

/** Whether accounts other than its owner and group may read it. */
export function isWorldReadable(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0
}

/**
 * The keys kept in `dataDir`, made on first use. Of several processes at once one makes them and all
 * get those.
 *
 * @throws IdentityKeysError, naming the file, when what is kept there is no key set
 */
export function ensureIdentityKeys(dataDir: string): IdentityKeySet {
  const path = defaultIdentityKeysFile(dataDir)
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    createIdentityKeysFile(path, newIdentityKeys('EdDSA'))
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
  try {
    return readIdentityKeysFile(path)
  } catch (error) {
    if (!(error instanceof IdentityKeysError)) throw error
    throw new IdentityKeysError(`${path} ${error.message}. Delete it and a new one is made.`)
  }
}

/** Only its owner may read it. @throws Error of code EEXIST when there is such a file already */
export function createIdentityKeysFile(path: string, keys: readonly IdentityKey[]): void {
  const draft = writeDraft(path, keys)
  try {
    // A link appears whole or not at all, and never over one that is there.
    linkSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** In one step, with the owner and the permissions that the file had. */
export function replaceIdentityKeysFile(path: string, keys: readonly IdentityKey[]): void {
  const { mode, uid, gid } = statSync(path)
  const draft = writeDraft(path, keys)
  try {
    const made = statSync(draft)
    if (made.uid !== uid || made.gid !== gid) chownSync(draft, uid, gid)
    chmodSync(draft, mode & 0o777)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(path: string, keys: readonly IdentityKey[]): string {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, writeIdentityKeys(keys), { mode: 0o600, flag: 'wx' })
  return draft
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

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

/**
 * Returns the path of the file in which a server outside production keeps its keys, if no other file is
 * configured.
 */
export function defaultIdentityKeysFile(dataDir: string): string {
  return join(dataDir, 'identity-keys.json')
}

/**
 * Reads the keys from a file.
 *
 * @throws IdentityKeysError, or an Error with a `code` if the file cannot be read
 */
export function readIdentityKeysFile(path: string): IdentityKeySet {
  return readIdentityKeys(readFileSync(path, 'utf8'))
}

/** Whether accounts other than the owner and the group of the file may read it. */
export function isWorldReadable(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0
}

/**
 * Whether accounts other than the owner and the group may write the file, or replace it in its folder.
 * In a folder with the sticky bit only the owner of a file may.
 */
export function isReplaceableByOthers(path: string): boolean {
  const folder = statSync(dirname(path)).mode
  return (statSync(path).mode & 0o002) !== 0 || (folder & 0o1002) === 0o002
}

/**
 * Returns the keys in `dataDir`, and creates them at the first use. If several processes do so at once,
 * all of them get the same keys.
 *
 * @throws IdentityKeysError, which names the file, if its content is not a key set
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
    throw new IdentityKeysError(
      `${path} ${error.message}. Delete the file, and a new one is created.`,
    )
  }
}

/**
 * Creates the file, which only its owner may read.
 *
 * @throws Error with the code EEXIST if the file exists
 */
export function createIdentityKeysFile(path: string, keys: readonly IdentityKey[]): void {
  const draft = writeDraft(path, keys)
  try {
    // A link appears with the complete content, and never replaces an existing file.
    linkSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Replaces the file in one step, and keeps its owner and permissions. */
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

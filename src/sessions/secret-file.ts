import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileName = 'session-keys'

/**
 * Returns the secret that encrypts sessions outside production. It is created on first use, in a file with mode
 * 0600. If several processes start at once, one of them creates it and all of them use it.
 *
 * @throws Error if the file is too short for a secret
 */
export async function generatedSessionSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, fileName)
  const secret = ((await read(path)) ?? (await create(dataDir, path))).trim()
  if (Buffer.byteLength(secret) >= 32) return secret
  throw new Error(
    `${path} does not hold a secret of 32 bytes or more. Delete the file: the next start creates a new one.`,
  )
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

async function create(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const secret = randomBytes(32).toString('hex')
  // `link` is atomic and never replaces an existing file.
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, path)
    return secret
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return await readFile(path, 'utf8')
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

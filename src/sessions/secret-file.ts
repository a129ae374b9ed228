import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readOrCreatePrivateFile } from '../private-file.ts'

const fileName = 'session-keys'

/**
 * Returns the secret that encrypts sessions outside production. It is created on first use, in a file with mode
 * 0600. If several processes start at once, one of them creates it and all of them use it.
 *
 * @throws Error if the file is too short for a secret
 */
export async function generatedSessionSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, fileName)
  const makeContent = () => `${randomBytes(32).toString('hex')}\n`
  const secret = (await readOrCreatePrivateFile(path, makeContent)).trim()
  if (Buffer.byteLength(secret) >= 32) return secret
  throw new Error(
    `${path} does not hold a secret of 32 bytes or more. Delete the file: the next start creates a new one.`,
  )
}

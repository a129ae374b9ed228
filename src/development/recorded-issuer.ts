import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDevelopmentIssuer } from '../credentials/development-issuer-path.ts'

/** Contains the URL of the development issuer of the server that started last with this folder. */
const fileName = 'development-issuer-url'

/** Records the issuer of a server in development, whose port may not be that of the environment. */
export async function recordIssuer(dataDir: string, issuer: string): Promise<void> {
  const path = join(dataDir, fileName)
  const written = `${path}.${process.pid}`
  await writeFile(written, `${issuer}\n`)
  await rename(written, path)
}

/** Returns the issuer that was recorded last; `null`: none. */
export async function recordedIssuer(dataDir: string): Promise<string | null> {
  const text = await readFile(join(dataDir, fileName), 'utf8').catch(() => '')
  const issuer = text.trim()
  return URL.canParse(issuer) && isDevelopmentIssuer(issuer) ? issuer : null
}

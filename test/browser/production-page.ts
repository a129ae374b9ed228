import { rmSync } from 'node:fs'
import type { Page } from 'playwright-core'
import postgres from 'postgres'
import { createTestDatabase } from '../support/database.ts'
import { testAudience } from '../support/issuer.ts'
import { startProvider } from '../support/oidc.ts'
import { freePort, startProgram } from '../support/programs.ts'
import { bin, temporaryFolder } from '../support/server-process.ts'
import { startBrowser } from './keys-page.ts'
import { createKeyAs, sendOperation } from './operations.ts'

/** What the provider gives to everyone who signs in. A grant in Latchkey is the ceiling. */
const scope =
  'read:users write:users read:keys write:keys manage:keys write:grants read:audit introspect:tokens'

/**
 * Starts the built server for production, on a database of its own, an OpenID provider on another host, and a
 * browser. `ada` holds every scope.
 *
 * @param environment further settings of the server
 */
export async function startProductionPage(environment: Environment = {}) {
  const server = await startProductionServer(environment)
  const { home, provider } = server
  const browser = await startBrowser({ home, issuer: provider.issuer, signIn })
  return {
    ...browser,
    ...server,
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

/** Further settings of the server. `undefined` removes one. */
type Environment = Readonly<Record<string, string | undefined>>

export async function startProductionServer(environment: Environment = {}) {
  const database = await createTestDatabase()
  const dataDir = temporaryFolder()
  const port = await freePort()
  // A browser takes this name for a secure origin, and another host than 127.0.0.1.
  const origin = `http://localhost:${port}`
  const home = `${origin}/keys`
  const provider = await startProvider([`${home}/callback`], { hasForm: true, scope })
  provider.givesRefreshTokens = true
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql`
    insert into latchkey.users (issuer, subject, scopes)
    values (${provider.issuer}, 'ada', ${scope.split(' ')})`
  const server = await startProgram(process.execPath, [bin, 'serve'], port, {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: origin,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    JWT_ISSUER: provider.issuer,
    JWT_AUDIENCE: testAudience,
    OIDC_CLIENT_ID: 'page',
    OIDC_CLIENT_SECRET: 'the-secret-of-the-client',
    OIDC_SCOPES: `openid profile offline_access ${scope}`,
    OIDC_RESOURCE: testAudience,
    SESSION_KEYS: 'a-session-key-of-at-least-32-bytes',
    ...environment,
  })
  return {
    origin,
    home,
    provider,
    /** A client for rows as an operator in psql would read and change them. */
    sql,
    /** Sends an operation with a JWT or an API key. Returns the answer. */
    send: (credential: string, query: string) => sendOperation(origin, credential, query),
    async close() {
      await server.stop()
      await provider.close()
      await sql.end()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Signs in at the provider, from the page that asks for it, and waits for the page to arrive at. */
export async function signIn(page: Page, subject: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('User name').fill(subject)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.locator('.account').waitFor()
}

/** Creates a key with the scope `read:keys`, as the holder of a JWT. */
export const createKey = ({ origin }: { readonly origin: string }, jwt: string, name: string) =>
  createKeyAs(origin, jwt, { name, scopes: ['read:keys'] })

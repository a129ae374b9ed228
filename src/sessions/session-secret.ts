import { hash, randomBytes } from 'node:crypto'

const form = /^[A-Za-z0-9_-]{43}$/

/** Returns a value for the cookie of a new session: 32 random bytes. */
export function createSessionSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether `text` has the form of a session's secret. Anything else is not looked up. */
export function isSessionSecret(text: string): boolean {
  return form.test(text)
}

/** Only the hash is stored: who reads the table cannot use the sessions. */
export function hashSessionSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer')
}

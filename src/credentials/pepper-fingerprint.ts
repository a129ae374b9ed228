import { pbkdf2Sync } from 'node:crypto'

/** The fingerprint that is stored for a secret without a pepper. */
export const noPepper = ''

const salt = 'latchkey pepper fingerprint'
const iterations = 10_000

/**
 * Returns the fingerprint of a pepper: 16 hexadecimal digits, stored with each hash made under it. It does not
 * reveal the pepper. With PBKDF2 one guess costs some milliseconds, while a guess by a stored hash of a known
 * secret costs a microsecond, so the fingerprint makes guessing no easier. A pepper of 32 random bytes cannot
 * be guessed in either way.
 */
export function pepperFingerprint(pepper: string): string {
  return pbkdf2Sync(pepper, salt, iterations, 8, 'sha256').toString('hex')
}

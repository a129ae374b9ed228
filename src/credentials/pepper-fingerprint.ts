import { pbkdf2Sync } from 'node:crypto'

/** Stored for a secret that was hashed without a pepper. */
export const noPepper = ''

const salt = 'latchkey pepper fingerprint'
const iterations = 10_000

/**
 * Names a pepper without showing it: 16 hexadecimal digits, stored beside each hash made under it.
 * PBKDF2 makes one guess at a pepper cost some milliseconds, where a stored hash of a known secret costs
 * a microsecond: the fingerprint is no shortcut. A pepper of 32 random bytes cannot be guessed by either.
 */
export function pepperFingerprint(pepper: string): string {
  return pbkdf2Sync(pepper, salt, iterations, 8, 'sha256').toString('hex')
}

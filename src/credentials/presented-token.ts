import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'

/** Identifies the JWT that a principal has presented, without its secret part. */
export interface PresentedToken {
  /** The result of {@link signedPartHash}. */
  readonly hash: string
  /** `iat`, seconds since the epoch. */
  readonly issuedAt: number
}

const presented = new WeakMap<Principal, PresentedToken>()

/**
 * Returns the SHA-256 of the encoded header and claims of a JWT, in hexadecimal. The signature is left out,
 * because one token can have several valid ones (ECDSA).
 */
export function signedPartHash(token: string): string {
  return hash('sha256', token.slice(0, token.lastIndexOf('.')), 'hex')
}

export function setPresentedToken(principal: Principal, token: PresentedToken): void {
  presented.set(principal, token)
}

/** Returns the JWT that the principal has presented; `null` for an API key. */
export function presentedTokenOf(principal: Principal): PresentedToken | null {
  return presented.get(principal) ?? null
}

import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'

/** What tells the JWT that a principal presented from others, and holds no secret. */
export interface PresentedToken {
  /** As `signedPartHash` makes it. */
  readonly hash: string
  /** `iat`, seconds since the epoch. */
  readonly issuedAt: number
}

const presented = new WeakMap<Principal, PresentedToken>()

/**
 * The SHA-256 of a JWT's header and claims as they stand in it, in hexadecimal. Without the signature,
 * of which there may be several that are good for the same token (ECDSA).
 */
export function signedPartHash(token: string): string {
  return hash('sha256', token.slice(0, token.lastIndexOf('.')), 'hex')
}

export function setPresentedToken(principal: Principal, token: PresentedToken): void {
  presented.set(principal, token)
}

/** `null` for an API key. */
export function presentedTokenOf(principal: Principal): PresentedToken | null {
  return presented.get(principal) ?? null
}

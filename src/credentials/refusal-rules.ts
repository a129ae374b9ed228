import type { KeyForVerification, Owner } from './directory.ts'
import type { PresentedToken } from './presented-token.ts'
import type { RefusalReason } from './refusal.ts'

/** @param now milliseconds since the epoch */
export function keyRefusal(key: KeyForVerification, now: number): RefusalReason | null {
  if (key.revokedAt !== null) return 'key-revoked'
  return key.expiresAt !== null && key.expiresAt.getTime() <= now ? 'key-expired' : null
}

export function ownerRefusal(
  owner: Owner,
  trustsIssuer: (issuer: string) => boolean,
): RefusalReason | null {
  if (!trustsIssuer(owner.issuer)) return 'owner-of-untrusted-issuer'
  return owner.suspended ? 'owner-suspended' : null
}

export function signOutRefusal(
  { signedOutAt, signedOutTokens = [] }: Pick<Owner, 'signedOutAt' | 'signedOutTokens'>,
  { issuedAt, hash }: PresentedToken,
): RefusalReason | null {
  const before = signedOutAt !== null && issuedAt * 1000 < signedOutAt.getTime()
  return before || signedOutTokens.includes(hash) ? 'owner-signed-out' : null
}

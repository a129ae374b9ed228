import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { UseSlot } from './collected-uses.ts'
import type { JwtVerification } from './jwt.ts'
import { type RefusalReason, refusalError } from './refusal.ts'
import type { RefusedJwt } from './refused-jwt.ts'

export type Authentication = Anonymous | Authenticated | Refused

export interface Anonymous {
  readonly kind: 'anonymous'
}

export interface Authenticated {
  readonly kind: 'authenticated'
  readonly principal: Principal
}

export interface Refused {
  readonly kind: 'refused'
  readonly refusal: Refusal
}

export interface Refusal {
  /** The reason for the log. It is never shown to the caller. */
  readonly reason: RefusalReason | 'unavailable'
  /** The public id of the API key, if the key was well-formed. */
  readonly credentialId: string | null
  /** The user of a valid JWT that is refused because of its user. */
  readonly owner?: { readonly issuer: string; readonly subject: string }
  /** The content of a refused JWT, for the log; missing if it could not be parsed. */
  readonly jwt?: RefusedJwt
  /** The error that is shown to the caller. */
  readonly error: LatchkeyError
}

/** A verified credential, as it is cached for its next uses. */
export interface Verified {
  readonly authentication: Authenticated
  /** The public id of the API key; `null` for a JWT. */
  readonly keyId: string | null
  /** Whether the key was presented with its previous secret, in the grace period of a rotation. */
  readonly previousSecret: boolean
  /** The recorder of uses keeps here what it collected of the key. Default: the recorder looks it up. */
  readonly slot?: UseSlot | null
  /** The time at which the credential stops being valid, in milliseconds since the epoch. */
  readonly validUntil: number
}

export function refuse(reason: RefusalReason, credentialId: string | null = null): Refused {
  return { kind: 'refused', refusal: { reason, credentialId, error: refusalError(reason) } }
}

/** Refuses a valid JWT because of its user. */
export function refuseOwner(
  reason: RefusalReason,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Refused {
  const { kind, refusal } = refuse(reason)
  return { kind, refusal: { ...refusal, owner: { issuer, subject } } }
}

export function refuseJwt({
  reason,
  refused,
}: Extract<JwtVerification, { readonly ok: false }>): Refused {
  const { kind, refusal } = refuse(`jwt-${reason}`)
  return { kind, refusal: refused === undefined ? refusal : { ...refusal, jwt: refused } }
}

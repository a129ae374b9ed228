import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type RefusalReason, refusalError } from './refusal.ts'

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
  /** For the log; never shown. */
  readonly reason: RefusalReason | 'unavailable'
  /** Public id of the key where its form was right. */
  readonly credentialId: string | null
  /** What the sender is told. */
  readonly error: LatchkeyError
}

/** A credential that was found good, and what the next use of it must not ask again. */
export interface Verified {
  readonly authentication: Authenticated
  /** `null` for a JWT. */
  readonly keyId: string | null
  readonly previousSecret: boolean
  /** Milliseconds since the epoch. */
  readonly validUntil: number
}

export function refuse(reason: RefusalReason, credentialId: string | null = null): Refused {
  return { kind: 'refused', refusal: { reason, credentialId, error: refusalError(reason) } }
}

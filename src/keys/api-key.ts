import type { JsonObject } from '../json.ts'
import { type OwnerRef, userOwner } from '../owner.ts'

/** An API key as it is stored. Its secret is not stored; the hash of the secret stays in the database. */
export interface ApiKey {
  /** The public second part of the key: 16 base62 characters. */
  readonly id: string
  /** The id of the owner; `ownerOfKey` returns its kind too. */
  readonly ownerId: string
  /** The id of the key that created it. */
  readonly parentId: string | null
  readonly name: string
  readonly description: string | null
  /** Sorted. */
  readonly scopes: readonly string[]
  /** The scopes of the key that every ancestor has too. */
  readonly lineageScopes: readonly string[]
  readonly metadata: JsonObject
  readonly createdAt: Date
  readonly expiresAt: Date | null
  /** The earliest expiry among the key and its ancestors. */
  readonly lineageExpiresAt: Date | null
  readonly lastUsedAt: Date | null
  /** The client of the last use; `null`: unknown, or never used. */
  readonly lastUsedFrom: KeyUseOrigin | null
  readonly rotatedAt: Date | null
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
  /** The end of the grace period of the last rotation. */
  readonly previousExpiresAt: Date | null
  readonly previousLastUsedAt: Date | null
  readonly previousLastUsedFrom: KeyUseOrigin | null
}

/** The client that used a key. */
export interface KeyUseOrigin {
  /** The IP address (RFC 5952); `null`: unknown. */
  readonly address: string | null
  /** The beginning of the header `User-Agent` (RFC 9110 §10.1.5); `null`: none was sent. */
  readonly userAgent: string | null
}

/** A scope that operations with a key needed, and the time of the latest one. */
export interface ScopeUse {
  readonly scope: string
  readonly lastUsedAt: Date
}

/** The secret that a rotation replaced and that still works. */
export interface PreviousSecret {
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
  /** The client of the last use; `null`: unknown, or not used. */
  readonly lastUsedFrom: KeyUseOrigin | null
}

export type ApiKeyStatus = 'ACTIVE' | 'EXPIRED' | 'REVOKED'

export function ownerOfKey({ ownerId }: Pick<ApiKey, 'ownerId'>): OwnerRef {
  return userOwner(ownerId)
}

export function apiKeyStatus(key: ApiKey, now: Date): ApiKeyStatus {
  if (key.revokedAt !== null) return 'REVOKED'
  if (key.lineageExpiresAt !== null && key.lineageExpiresAt <= now) return 'EXPIRED'
  return 'ACTIVE'
}

/** The secret that the last rotation replaced, during its grace period; otherwise `null`. */
export function previousSecret(key: ApiKey, now: Date): PreviousSecret | null {
  const { previousExpiresAt } = key
  if (previousExpiresAt === null || previousExpiresAt <= now) return null
  if (apiKeyStatus(key, now) !== 'ACTIVE') return null
  return {
    expiresAt: previousExpiresAt,
    lastUsedAt: key.previousLastUsedAt,
    lastUsedFrom: key.previousLastUsedFrom,
  }
}

import type { JsonObject } from '../json.ts'
import { type OwnerRef, userOwner } from '../owner.ts'

/** An API key as it is kept. The secret itself is nowhere: only its hash, which stays in the database. */
export interface ApiKey {
  /** Public: the second part of the key. 16 base62 characters. */
  readonly id: string
  /** Of its owner: `ownerOfKey` says of which kind that is. */
  readonly ownerId: string
  /** The key that made it. */
  readonly parentId: string | null
  readonly name: string
  readonly description: string | null
  /** Sorted. */
  readonly scopes: readonly string[]
  /** `scopes` within those of every ancestor. */
  readonly lineageScopes: readonly string[]
  readonly metadata: JsonObject
  readonly createdAt: Date
  readonly expiresAt: Date | null
  /** The earliest of its own and every ancestor's expiry. */
  readonly lineageExpiresAt: Date | null
  readonly lastUsedAt: Date | null
  readonly rotatedAt: Date | null
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
  /** Until when the secret before the last rotation works. */
  readonly previousExpiresAt: Date | null
  readonly previousLastUsedAt: Date | null
}

/** The latest operation of a key that really needed that scope. */
export interface ScopeUse {
  readonly scope: string
  readonly lastUsedAt: Date
}

/** What a rotation left behind. */
export interface PreviousSecret {
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
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

/** The secret before the last rotation, as long as it works. */
export function previousSecret(key: ApiKey, now: Date): PreviousSecret | null {
  const { previousExpiresAt } = key
  if (previousExpiresAt === null || previousExpiresAt <= now) return null
  if (apiKeyStatus(key, now) !== 'ACTIVE') return null
  return { expiresAt: previousExpiresAt, lastUsedAt: key.previousLastUsedAt }
}

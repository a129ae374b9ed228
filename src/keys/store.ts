import type { Actor } from '../audit/actor.ts'
import type { JsonObject } from '../json.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { ApiKey, ApiKeyStatus, ScopeUse } from './api-key.ts'

/**
 * Where API keys are kept. Each change is one transaction that also writes what the audit trail tells.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface KeyStore {
  /** @param ownerId where given, the key of another is not read at all */
  find(id: string, ownerId?: string): Promise<ApiKey | null>
  /** In the order of `ids`; `null` where there is none. One query. */
  findMany(ids: readonly string[]): Promise<readonly (ApiKey | null)[]>
  list(filter: KeyFilter, page: PageRequest): Promise<Page<ApiKey>>
  count(filter: KeyFilter): Promise<number>
  /** Whether `id` is `ancestorId` or made by it, directly or through others. */
  isWithin(id: string, ancestorId: string): Promise<boolean>
  /**
   * @returns the key, or `'limit-reached'` when the owner already has `limit` keys that are neither
   * revoked nor expired (exact under concurrency), or `'parent-gone'` / `'too-deep'`
   */
  insert(
    key: NewKey,
    limit: number,
    by: Actor,
  ): Promise<ApiKey | 'limit-reached' | 'parent-gone' | 'too-deep'>
  /**
   * `null` when it is not there or revoked. `scopes` may only narrow: others are dropped.
   * @param check may prevent it by throwing, by the key as it is when it is changed
   */
  update(
    id: string,
    change: KeyChange,
    by: Actor,
    check?: (before: ApiKey) => void,
  ): Promise<ApiKey | null>
  /**
   * Swaps the secret; of several at once exactly one wins.
   * @returns `{ until }` when a grace period runs and `force` is off; `null` when not there, revoked or expired
   */
  rotate(
    id: string,
    rotation: Rotation,
    by: Actor,
  ): Promise<ApiKey | { readonly until: Date } | null>
  /**
   * Ends the grace period of the last rotation; the key as it is where none runs.
   * `null` when not there, revoked or expired.
   */
  expirePrevious(id: string, now: Date, by: Actor): Promise<ApiKey | null>
  /** Idempotent: a revoked key keeps its first `revokedAt` and reason. `null` when not there. */
  revoke(id: string, reason: string | null, now: Date, by: Actor): Promise<Revocation | null>
  /**
   * Revokes every key of `ownerId` that is not revoked yet.
   * @returns how many; `null` when there is no such user
   */
  revokeAll(ownerId: string, reason: string | null, now: Date, by: Actor): Promise<number | null>
  /** What each key's operations really needed, sorted by scope; in the order of `ids`. One query. */
  findScopeUses(ids: readonly string[]): Promise<readonly (readonly ScopeUse[])[]>
  /**
   * Erases hashes that can no longer let anyone in: of secrets before a rotation whose grace period
   * ended before `limits.grace`, and of keys that were revoked or expired before `limits.death`. Some
   * at a time; on one node at a time: another that asks meanwhile is answered 0.
   * @returns of how many keys; 0 when nothing is left to do
   */
  eraseDeadSecrets(limits: EraseLimits): Promise<number>
}

export interface EraseLimits {
  readonly grace: Date
  readonly death: Date
}

export interface KeyFilter {
  readonly ownerId: string
  readonly status: ApiKeyStatus | null
  readonly now: Date
}

export interface NewKey {
  readonly id: string
  readonly ownerId: string
  readonly parentId: string | null
  readonly name: string
  readonly description: string | null
  readonly scopes: readonly string[]
  readonly metadata: JsonObject
  readonly secretHash: Uint8Array
  /** Fingerprint of the pepper of that hash; empty: none. */
  readonly secretPepper: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
}

export interface KeyChange {
  readonly name?: string
  readonly description?: string | null
  readonly metadata?: JsonObject
  readonly scopes?: readonly string[]
}

export interface Rotation {
  readonly secretHash: Uint8Array
  /** Fingerprint of the pepper of that hash; empty: none. */
  readonly secretPepper: string
  readonly now: Date
  /** When the old secret stops; the store never lets it pass the key's own expiry. */
  readonly previousExpiresAt: Date
  readonly force: boolean
}

export interface Revocation {
  readonly key: ApiKey
  /** Those that this call revoked, not those that were revoked before. */
  readonly descendants: readonly ApiKey[]
}

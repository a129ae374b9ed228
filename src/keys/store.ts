import type { Actor } from '../audit/actor.ts'
import type { JsonObject } from '../json.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Grant } from '../principal.ts'
import type { ApiKey, ApiKeyStatus, ScopeUse } from './api-key.ts'
import type { AffectedKeys } from './consequences.ts'
import type { FoundKey, FoundKeysRequest, HealthFilter, KeyFinding } from './health.ts'
import type { KeySort, KeySortValue } from './sort.ts'

/**
 * The storage of API keys. Each change is one transaction, which also records its audit event.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface KeyStore {
  /** @param ownerId if given, the key of another owner is not read */
  find(id: string, ownerId?: string): Promise<ApiKey | null>
  /** In the order of `ids`; `null` for an id without a key. One query. */
  findMany(ids: readonly string[]): Promise<readonly (ApiKey | null)[]>
  /** @param page its positions have the values of `filter.sort` */
  list(filter: KeyFilter, page: PageRequest<KeySortValue>): Promise<Page<ApiKey>>
  count(filter: KeyFilter): Promise<number>
  /**
   * The descendants of each key, in the order of `ids`. Of each key at most {@link maxDescendants}: keys that
   * are not revoked come first, and parents before their children. Two queries.
   */
  findDescendants(ids: readonly string[]): Promise<readonly (readonly ApiKey[])[]>
  /** Lists the keys with a finding, in the order of that finding. */
  listFound(
    finding: KeyFinding,
    filter: HealthFilter,
    request: FoundKeysRequest,
  ): Promise<Page<FoundKey>>
  /** Counts the keys with a finding, up to `maxCounted`. */
  countFound(finding: KeyFinding, filter: HealthFilter): Promise<number>
  /** Lists the keys that stop or lose effective scopes, newest first. */
  listAffected(affected: AffectedKeys, page: PageRequest): Promise<Page<ApiKey>>
  countAffected(affected: AffectedKeys): Promise<number>
  /** Whether `id` is `ancestorId` or one of its descendants. */
  isWithin(id: string, ancestorId: string): Promise<boolean>
  /**
   * @returns the key; `'limit-reached'` if the owner already has `limit` active keys (exact under
   * concurrency); `'parent-gone'` if the owner or the parent does not exist or the parent is revoked;
   * `'too-deep'` if the parent has as many ancestors as a key may have; `{ notHeld }` with the scopes that
   * the parent does not have; `'id-taken'` if a key with this id exists
   */
  insert(key: NewKey, limit: number, by: Actor): Promise<InsertedKey>
  /**
   * Changes a key. `scopes` can only remove scopes: new ones are ignored. The descendants lose the removed
   * scopes too.
   * @param check gets the key right before the change, and the bounds of a change that adds scopes; an error
   * that it throws prevents the change
   * @returns `null` if the key does not exist or is revoked
   */
  update(
    id: string,
    change: KeyChange,
    by: Actor,
    check?: (before: ApiKey, bounds: WideningBounds | null) => void,
  ): Promise<ApiKey | null>
  /**
   * Replaces the secret. Of several concurrent rotations exactly one succeeds.
   * @returns `{ until }` during a grace period without `force`; `{ widened }` if the key has a scope that is not
   * in `heldScopes`; `null` if the key does not exist, is revoked or has expired
   */
  rotate(
    id: string,
    rotation: Rotation,
    by: Actor,
  ): Promise<ApiKey | { readonly until: Date } | { readonly widened: true } | null>
  /**
   * Ends the grace period of the last rotation, if there is one.
   * @returns the key; `null` if it does not exist, is revoked or has expired
   */
  expirePrevious(id: string, now: Date, by: Actor): Promise<ApiKey | null>
  /** Idempotent: a revoked key keeps its first `revokedAt` and reason. `null` if the key does not exist. */
  revoke(id: string, reason: string | null, now: Date, by: Actor): Promise<Revocation | null>
  /**
   * Revokes every key of `ownerId` that is not revoked yet.
   * @returns the number of keys; `null` if the user does not exist
   */
  revokeAll(ownerId: string, reason: string | null, now: Date, by: Actor): Promise<number | null>
  /** The scopes that the operations with each key needed, sorted; in the order of `ids`. One query. */
  findScopeUses(ids: readonly string[]): Promise<readonly (readonly ScopeUse[])[]>
  /**
   * The keys of some owners that were used since `since`, or expired between `since` and `now`; at most some
   * hundred. Revoked keys are left out.
   */
  findActivity(ownerIds: readonly string[], since: Date, now: Date): Promise<readonly KeyActivity[]>
  /**
   * Erases hashes that no longer verify a secret: those of previous secrets whose grace period ended
   * before `limits.grace`, and those of keys that were revoked or expired before `limits.death`. Erases one
   * batch, on one node at a time: a concurrent call on another node returns 0.
   * @returns the number of keys in the batch; 0 if nothing is left to erase
   */
  eraseDeadSecrets(limits: EraseLimits): Promise<number>
  /**
   * Prepares a batch of keys that are older than the findings for `listFound` and `countFound`, on one node at a time.
   * @param after the result of the batch before; empty: none
   * @returns `null` if nothing is left, and while another node prepares them
   */
  fillHealth(after: string): Promise<string | null>
}

export interface KeyActivity {
  readonly id: string
  readonly ownerId: string
  readonly lastUsedAt: Date | null
  readonly lineageExpiresAt: Date | null
}

export interface EraseLimits {
  readonly grace: Date
  readonly death: Date
}

export interface KeyFilter {
  readonly ownerId: string
  readonly status: ApiKeyStatus | null
  readonly now: Date
  /** Only keys whose name begins with this text, in any case, and the key with this id. Default: all. */
  readonly search?: string | null
  /** Default: `NEWEST`. */
  readonly sort?: KeySort
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
  /** The fingerprint of the pepper that the hash uses; empty: no pepper. */
  readonly secretPepper: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
}

export type InsertedKey =
  | ApiKey
  | 'limit-reached'
  | 'parent-gone'
  | 'too-deep'
  | 'id-taken'
  | { readonly notHeld: readonly string[] }

export interface KeyChange {
  readonly name?: string
  readonly description?: string | null
  readonly metadata?: JsonObject
  /** The scopes to keep. */
  readonly scopes?: readonly string[]
  /** The scopes to add. Not together with `scopes`. */
  readonly addScopes?: readonly string[]
}

/** The bounds of the scopes that a key can get, at the time of the change. */
export interface WideningBounds {
  /** The grant of the owner. */
  readonly grant: Grant
  /** The scopes that the parent and all its ancestors have; `null`: the key has no parent. */
  readonly parentScopes: readonly string[] | null
}

export interface Rotation {
  readonly secretHash: Uint8Array
  /** The fingerprint of the pepper that the hash uses; empty: no pepper. */
  readonly secretPepper: string
  readonly now: Date
  /** The requested end of the grace period. The store limits it to the expiry of the key. */
  readonly previousExpiresAt: Date
  readonly force: boolean
  /**
   * The scopes that the receiver of the new secret may have. A key with others is not rotated. `null`: any,
   * for an operator.
   */
  readonly heldScopes: readonly string[] | null
}

export interface Revocation {
  readonly key: ApiKey
  /** The descendants that this call revoked, without those that were revoked before. */
  readonly descendants: readonly ApiKey[]
}

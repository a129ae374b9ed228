import { operator } from '../audit/actor.ts'
import { actorOf, type Caller } from '../audit/caller.ts'
import { BadUserInputError, NotFoundError } from '../errors.ts'
import { isSameOwner, type OwnerRef, ownerIdOf, ownerOf, userOwner } from '../owner.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Principal } from '../principal.ts'
import { requireKnownScopes } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import { createKeyAccess, type KeyAccess } from './access.ts'
import type { ApiKey, ScopeUse } from './api-key.ts'
import { changeKey, expirePreviousSecret, revokedKey } from './change.ts'
import { findRevocable, findUpdatable } from './changeable.ts'
import {
  type FoundKey,
  type FoundKeysRequest,
  type HealthFilter,
  healthTimes,
  type KeyFinding,
} from './health.ts'
import type {
  CreateKeyInput,
  IssuedKey,
  KeyHealthInput,
  ListKeysInput,
  RevokeAllKeysInput,
  RevokeKeyInput,
  RotateKeyInput,
  UpdateKeyInput,
} from './inputs.ts'
import { issueKey, parentFor } from './issue.ts'
import type { KeyMaker } from './maker.ts'
import { createOperatorKeys, type OperatorKeyService } from './operator.ts'
import { rotateKey } from './rotate.ts'
import { checkedKeySearch, gracePeriod } from './rules.ts'
import type { KeySortValue } from './sort.ts'
import type { KeyFilter, KeyStore, Revocation } from './store.ts'

export interface KeyServiceOptions {
  readonly store: KeyStore
  readonly maker: KeyMaker
  readonly catalogue: ScopeCatalogue
  /** The most active keys (neither revoked nor expired) that one owner may have. */
  readonly maxPerOwner: number
  /** `null`: no limit. */
  readonly maxLifetimeDays: number | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /**
   * Called with scopes of the caller that a rule of this service required, beside those that the operation
   * declares.
   */
  readonly onScopesNeeded?: (principal: Principal, scopes: readonly string[]) => void
}

/**
 * The operations of a caller on API keys. For a key that does not exist, or that the caller may not change,
 * mutations throw NotFoundError and queries return `null`. Neither the message nor the response time shows
 * which of the two it was: the key of another user is not read for such a caller.
 */
export interface KeyService {
  read(principal: Principal, id: string): Promise<ApiKey | null>
  /** In the order of `ids`, of any owner: for keys to which a visible key refers. */
  findMany(ids: readonly string[]): Promise<readonly (ApiKey | null)[]>
  /**
   * The filter for `list` and `count`; `null` where the caller may see none of the keys.
   *
   * @throws BadUserInputError if `search` is too long
   */
  filter(principal: Principal, input: ListKeysInput): KeyFilter | null
  /** @param page its positions have the values of `filter.sort` */
  list(filter: KeyFilter, page: PageRequest<KeySortValue>): Promise<Page<ApiKey>>
  count(filter: KeyFilter): Promise<number>
  /**
   * The filter for `listFound` and `countFound`; `null` where the caller may see none of the keys.
   *
   * @throws BadUserInputError if the input names one owner and all users
   */
  healthFilter(principal: Principal, input: KeyHealthInput): HealthFilter | null
  /** Lists the keys with a finding, in the order of that finding. */
  listFound(
    finding: KeyFinding,
    filter: HealthFilter,
    request: FoundKeysRequest,
  ): Promise<Page<FoundKey>>
  /** Counts the keys with a finding, up to `maxCounted`. */
  countFound(finding: KeyFinding, filter: HealthFilter): Promise<number>
  create(caller: Caller, input: CreateKeyInput): Promise<IssuedKey>
  /**
   * @param discloses whether the response shows more of the key than the outcome of the change.
   * Default: true
   */
  update(caller: Caller, input: UpdateKeyInput, discloses?: boolean): Promise<ApiKey>
  rotate(caller: Caller, input: RotateKeyInput): Promise<IssuedKey>
  /** Ends the grace period of the last rotation now. */
  expirePrevious(caller: Caller, id: string): Promise<ApiKey>
  /** @param discloses as for `update` */
  revoke(caller: Caller, input: RevokeKeyInput, discloses?: boolean): Promise<Revocation>
  /** @returns the number of keys that were revoked, including the caller's own */
  revokeAll(caller: Caller, input: RevokeAllKeysInput): Promise<number>
  /** The scopes that the operations with each key needed, in the order of `ids`. One query. */
  findScopeUses(ids: readonly string[]): Promise<readonly (readonly ScopeUse[])[]>
  /** The descendants of keys that the caller may read, see `KeyStore.findDescendants`. */
  findDescendants(ids: readonly string[]): Promise<readonly (readonly ApiKey[])[]>
  /** The operations of an operator. @param requestId for the audit trail. Default: none */
  asOperator(requestId?: string | null): OperatorKeyService
}

interface Parts extends Omit<KeyServiceOptions, 'now'> {
  readonly now: () => Date
  readonly access: KeyAccess
  readonly onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void
}

export function createKeyService(options: KeyServiceOptions): KeyService {
  const onScopesNeeded = options.onScopesNeeded ?? (() => {})
  const access = createKeyAccess(options.store, onScopesNeeded)
  const parts: Parts = { ...options, now: () => new Date(options.now()), access, onScopesNeeded }
  return {
    ...reading(parts),
    ...issuing(parts),
    ...changing(parts),
    ...revoking(parts),
    asOperator: (requestId = null) => createOperatorKeys(parts, { ...operator, requestId }),
  }
}

function reading({ store, access, now }: Parts) {
  return {
    read: access.read,
    filter(principal, { ownerId, status, search, sort }) {
      const searched = checkedKeySearch(search)
      const owner = requestedOwner(principal, ownerId)
      if (!access.mayRead(principal, owner)) return null
      return {
        ownerId: ownerIdOf(owner),
        status,
        now: now(),
        search: searched,
        sort: sort ?? 'NEWEST',
      }
    },
    healthFilter(principal, { ownerId, allUsers }) {
      const times = healthTimes(now())
      if (allUsers !== true) {
        const owner = requestedOwner(principal, ownerId)
        return access.mayRead(principal, owner) ? { ownerId: ownerIdOf(owner), times } : null
      }
      if (ownerId != null) {
        throw new BadUserInputError('allUsers', 'Send `ownerId` or `allUsers`, not both.')
      }
      return access.mayReadAll(principal) ? { ownerId: null, times } : null
    },
    listFound: store.listFound,
    countFound: store.countFound,
    findMany: store.findMany,
    findScopeUses: store.findScopeUses,
    findDescendants: store.findDescendants,
    list: store.list,
    count: store.count,
  } satisfies Partial<KeyService>
}

function issuing(parts: Parts) {
  const { access, catalogue } = parts
  return {
    async create(caller, input) {
      const { principal } = caller
      const scopes = requireKnownScopes('scopes', input.scopes, catalogue)
      access.requireHeld(scopes, principal)
      return issueKey(parts, {
        owner: ownerOf(principal),
        parent: parentFor(principal),
        input,
        scopes,
        by: actorOf(caller),
      })
    },
  } satisfies Partial<KeyService>
}

function changing(parts: Parts) {
  const { store, access, now } = parts
  return {
    async update(caller, input, discloses = true) {
      const { key, addScopes } = await findUpdatable(parts, caller.principal, input, discloses)
      const by = actorOf(caller)
      return changeKey({ store, by, addScopes, now: now(), limitsToGrant: true }, key, input)
    },

    async rotate(caller, input) {
      const { principal } = caller
      // Faults of the input come before those of the key, so that they show nothing about it.
      gracePeriod(input.gracePeriodSeconds)
      const key = await access.findChangeable(principal, input.id)
      access.requireHeld(key.scopes, principal)
      if (key.revokedAt !== null) throw revokedKey()
      return rotateKey(parts, input, actorOf(caller), key.scopes)
    },

    async expirePrevious(caller, id) {
      const key = await access.findChangeable(caller.principal, id)
      return expirePreviousSecret(store, key.id, now(), actorOf(caller))
    },
  } satisfies Partial<KeyService>
}

function revoking({ store, access, onScopesNeeded, now }: Parts) {
  return {
    async revoke(caller, { id, reason }, discloses = true) {
      await findRevocable(access, caller.principal, id, discloses)
      const text = optionalText('reason', reason, reasonRule)
      const revocation = await store.revoke(id, text, now(), actorOf(caller))
      if (revocation === null) throw new NotFoundError('API key')
      return revocation
    },

    async revokeAll(caller, { ownerId, reason }) {
      const { principal } = caller
      const owner = requestedOwner(principal, ownerId)
      if (!isSameOwner(owner, ownerOf(principal))) {
        if (!principal.scopes.has('manage:keys')) throw new NotFoundError('user')
        onScopesNeeded(principal, ['manage:keys'])
      }
      const text = optionalText('reason', reason, reasonRule)
      const count = await store.revokeAll(ownerIdOf(owner), text, now(), actorOf(caller))
      if (count === null) throw new NotFoundError('user')
      return count
    },
  } satisfies Partial<KeyService>
}

/** The owner with that id. Default: the caller. */
function requestedOwner(principal: Principal, ownerId: string | null | undefined): OwnerRef {
  return ownerId == null ? ownerOf(principal) : userOwner(ownerId)
}

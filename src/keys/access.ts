import { NotFoundError, ScopesNotHeldError } from '../errors.ts'
import { isSameOwner, type OwnerRef, ownerIdOf, ownerOf } from '../owner.ts'
import type { Principal } from '../principal.ts'
import { requireHeld } from '../scope-rules.ts'
import { holdsAll } from '../scopes.ts'
import { type ApiKey, ownerOfKey } from './api-key.ts'
import type { KeyStore } from './store.ts'

/** The rules that decide which keys a caller may read and change. */
export interface KeyAccess {
  read(principal: Principal, id: string): Promise<ApiKey | null>
  /** A key of the caller. The key of another owner is not read. */
  findOwn(principal: Principal, id: string): Promise<ApiKey | null>
  /**
   * Whether the caller may read keys of that owner: its own, or with `manage:keys` and `read:users` those
   * of any owner.
   */
  mayRead(principal: Principal, owner: OwnerRef): boolean
  /** Whether the caller may read the keys of any owner. */
  mayReadAll(principal: Principal): boolean
  /**
   * A key that the caller's credential may change or rotate. An API key may do so only with itself and its
   * descendants.
   *
   * @throws NotFoundError
   */
  findChangeable(principal: Principal, id: string): Promise<ApiKey>
  /**
   * The key of another owner, for a caller with `manage:keys`; `null` for other callers.
   *
   * @param discloses whether the response shows more of the key than the outcome of the change
   * @throws ScopesNotHeldError before any change, if `discloses` and the caller may not read the key
   */
  findManaged(principal: Principal, id: string, discloses: boolean): Promise<ApiKey | null>
  /**
   * Requires that the caller holds all `scopes` of a key before it receives the secret of that key.
   *
   * @throws ScopesNotHeldError
   */
  requireHeld(scopes: readonly string[], principal: Principal): void
}

const scopesToRead = ['manage:keys', 'read:users']
/** Scopes for a payload that shows what a query would show. */
const scopesToDisclose = ['manage:keys', 'read:keys', 'read:users']

/** @param onScopesNeeded called with scopes of the caller that a rule here required */
export function createKeyAccess(
  store: Pick<KeyStore, 'find' | 'isWithin'>,
  onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void,
): KeyAccess {
  function mayRead(principal: Principal, owner: OwnerRef): boolean {
    return isSameOwner(owner, ownerOf(principal)) || mayReadAll(principal)
  }

  function mayReadAll(principal: Principal): boolean {
    if (!holdsAll(scopesToRead, principal.scopes)) return false
    onScopesNeeded(principal, scopesToRead)
    return true
  }

  function findOwn(principal: Principal, id: string): Promise<ApiKey | null> {
    return store.find(id, ownerIdOf(ownerOf(principal)))
  }

  return {
    mayRead,
    mayReadAll,
    findOwn,

    async read(principal, id) {
      const own = await findOwn(principal, id)
      if (own !== null || !holdsAll(scopesToRead, principal.scopes)) return own
      const key = await store.find(id)
      return key !== null && mayRead(principal, ownerOfKey(key)) ? key : null
    },

    async findChangeable(principal, id) {
      const key = await findOwn(principal, id)
      if (key === null) throw new NotFoundError('API key')
      const { kind, id: credentialId } = principal.credential
      if (kind === 'API_KEY') {
        const within = credentialId !== null && (await store.isWithin(key.id, credentialId))
        if (!within) throw new NotFoundError('API key')
      }
      return key
    },

    async findManaged(principal, id, discloses) {
      if (!principal.scopes.has('manage:keys')) return null
      const key = await store.find(id)
      if (key === null || isSameOwner(ownerOfKey(key), ownerOf(principal))) return null
      const needed = discloses ? scopesToDisclose : ['manage:keys']
      if (!holdsAll(needed, principal.scopes)) {
        throw new ScopesNotHeldError(
          needed.filter((scope) => !principal.scopes.has(scope)),
          "Reading another user's API key requires `read:keys` and `read:users`, and the credential lacks at least one of them. Nothing was changed. Select only `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason` of the key.",
        )
      }
      onScopesNeeded(principal, needed)
      return key
    },

    requireHeld(scopes, principal) {
      requireHeld(scopes, principal.scopes)
      onScopesNeeded(principal, scopes)
    },
  }
}

import { NotFoundError, ScopesNotHeldError } from '../errors.ts'
import { isSameOwner, type OwnerRef, ownerIdOf, ownerOf } from '../owner.ts'
import type { Principal } from '../principal.ts'
import { requireHeld } from '../scope-rules.ts'
import { holdsAll } from '../scopes.ts'
import { type ApiKey, ownerOfKey } from './api-key.ts'
import type { KeyStore } from './store.ts'

/** Which keys a caller may read, change and hand on. */
export interface KeyAccess {
  read(principal: Principal, id: string): Promise<ApiKey | null>
  /** A key of the caller's own; another's is not even read. */
  findOwn(principal: Principal, id: string): Promise<ApiKey | null>
  /** Whether keys of that owner may be read: one's own; with `manage:keys` and `read:users` everyone's. */
  mayRead(principal: Principal, owner: OwnerRef): boolean
  /**
   * The key when it is one that the caller's credential may hand on or change: a key only itself and
   * those it made.
   *
   * @throws NotFoundError
   */
  findChangeable(principal: Principal, id: string): Promise<ApiKey>
  /**
   * Another owner's key, for one who manages keys; `null` for everyone else.
   *
   * @param discloses whether the caller will be told more of it than what became of it
   * @throws ScopesNotHeldError, before anything is changed, when it would be read as well
   */
  findManaged(principal: Principal, id: string, discloses: boolean): Promise<ApiKey | null>
  /**
   * No secret reaches a caller whose own scopes are less than what the secret opens.
   *
   * @throws ScopesNotHeldError
   */
  requireHeld(scopes: readonly string[], principal: Principal): void
}

const scopesToRead = ['manage:keys', 'read:users']
/** To be told in a payload what a query would tell. */
const scopesToDisclose = ['manage:keys', 'read:keys', 'read:users']

/** @param onScopesNeeded told which scopes of a caller a rule here went by */
export function createKeyAccess(
  store: Pick<KeyStore, 'find' | 'isWithin'>,
  onScopesNeeded: (principal: Principal, scopes: readonly string[]) => void,
): KeyAccess {
  function mayRead(principal: Principal, owner: OwnerRef): boolean {
    if (isSameOwner(owner, ownerOf(principal))) return true
    if (!holdsAll(scopesToRead, principal.scopes)) return false
    onScopesNeeded(principal, scopesToRead)
    return true
  }

  function findOwn(principal: Principal, id: string): Promise<ApiKey | null> {
    return store.find(id, ownerIdOf(ownerOf(principal)))
  }

  return {
    mayRead,
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
          "Reading another user's API key needs `read:keys` and `read:users`, not both of which you hold. Nothing was changed: ask for its `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason` alone.",
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

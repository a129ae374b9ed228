import type { Change } from '../credentials/changes.ts'
import type { KeyStore } from '../keys/store.ts'
import type { UserStore } from '../users/store.ts'

/**
 * Returns the same store, but each method that changes a key publishes the change before it returns.
 * This node then need not wait for the notification that every node receives. A change of a key is
 * published as a change of its owner, because the descendants of the key change too.
 */
export function publishKeyChanges(store: KeyStore, publish: (change: Change) => void): KeyStore {
  const publishOwner = (ownerId: string) => publish({ kind: 'user', id: ownerId })
  return {
    ...store,
    async update(...change) {
      const key = await store.update(...change)
      if (key !== null) publishOwner(key.ownerId)
      return key
    },
    async rotate(...rotation) {
      const key = await store.rotate(...rotation)
      if (key !== null && 'ownerId' in key) publishOwner(key.ownerId)
      return key
    },
    async revoke(...revocation) {
      const revoked = await store.revoke(...revocation)
      if (revoked !== null) publishOwner(revoked.key.ownerId)
      return revoked
    },
    async expirePrevious(...expiry) {
      const key = await store.expirePrevious(...expiry)
      if (key !== null) publishOwner(key.ownerId)
      return key
    },
    async revokeAll(ownerId, ...revocation) {
      const count = await store.revokeAll(ownerId, ...revocation)
      publishOwner(ownerId)
      return count
    },
  }
}

/** Returns the same store, but each method that changes a user publishes the change before it returns. */
export function publishUserChanges(store: UserStore, publish: (change: Change) => void): UserStore {
  const published = <T extends { readonly id: string } | null>(user: T): T => {
    if (user !== null) publish({ kind: 'user', id: user.id })
    return user
  }
  return {
    ...store,
    update: async (...change) => published(await store.update(...change)),
    setStatus: async (...change) => published(await store.setStatus(...change)),
    setScopes: async (...change) => published(await store.setScopes(...change)),
    async signOut(id, ...signOut) {
      const at = await store.signOut(id, ...signOut)
      publish({ kind: 'user', id })
      return at
    },
    async delete(id, ...deletion) {
      const deleted = await store.delete(id, ...deletion)
      if (deleted) publish({ kind: 'user', id })
      return deleted
    },
  }
}

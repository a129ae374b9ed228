import type { Change } from '../credentials/changes.ts'
import type { KeyStore } from '../keys/store.ts'
import type { UserStore } from '../users/store.ts'

/**
 * The same stores, which tell of what they changed before they answer: this node itself need not wait
 * for the notification that every node gets. What changes a key is told as a change of its owner,
 * since keys that descend from it change along.
 */
export function announcedKeys(store: KeyStore, tell: (change: Change) => void): KeyStore {
  const ofOwner = (ownerId: string) => tell({ kind: 'user', id: ownerId })
  return {
    ...store,
    async update(...change) {
      const key = await store.update(...change)
      if (key !== null) ofOwner(key.ownerId)
      return key
    },
    async rotate(...rotation) {
      const key = await store.rotate(...rotation)
      if (key !== null && 'ownerId' in key) ofOwner(key.ownerId)
      return key
    },
    async revoke(...revocation) {
      const revoked = await store.revoke(...revocation)
      if (revoked !== null) ofOwner(revoked.key.ownerId)
      return revoked
    },
    async expirePrevious(...expiry) {
      const key = await store.expirePrevious(...expiry)
      if (key !== null) ofOwner(key.ownerId)
      return key
    },
    async revokeAll(ownerId, ...revocation) {
      const count = await store.revokeAll(ownerId, ...revocation)
      ofOwner(ownerId)
      return count
    },
  }
}

export function announcedUsers(store: UserStore, tell: (change: Change) => void): UserStore {
  const tellOf = <T extends { readonly id: string } | null>(user: T): T => {
    if (user !== null) tell({ kind: 'user', id: user.id })
    return user
  }
  return {
    ...store,
    update: async (...change) => tellOf(await store.update(...change)),
    setStatus: async (...change) => tellOf(await store.setStatus(...change)),
    setScopes: async (...change) => tellOf(await store.setScopes(...change)),
    async signOut(id, ...signOut) {
      const at = await store.signOut(id, ...signOut)
      tell({ kind: 'user', id })
      return at
    },
    async delete(id, by) {
      const deleted = await store.delete(id, by)
      if (deleted) tell({ kind: 'user', id })
      return deleted
    },
  }
}

import type { Owner } from '../credentials/directory.ts'
import { sorted } from '../scopes.ts'
import { users } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { lockUser, type UserRow } from './user-rows.ts'

/** The columns that {@link toOwner} reads. */
export const ownerColumns = {
  userId: users.id,
  issuer: users.issuer,
  subject: users.subject,
  status: users.status,
  ownerScopes: users.scopes,
  issuerScopes: users.issuerScopes,
  signedOutAt: users.signedOutAt,
}

export interface OwnerRow {
  readonly userId: string
  readonly issuer: string
  readonly subject: string
  readonly status: UserRow['status']
  readonly ownerScopes: readonly string[] | null
  readonly issuerScopes: readonly string[] | null
  readonly signedOutAt: Date | null
  readonly signedOutTokens?: UserRow['signedOutTokens']
}

export function toOwner(row: OwnerRow): Owner {
  return {
    kind: 'USER',
    userId: row.userId,
    issuer: row.issuer,
    subject: row.subject,
    suspended: row.status !== 'ACTIVE',
    scopes: row.ownerScopes && sorted(row.ownerScopes),
    issuerScopes: row.issuerScopes,
    signedOutAt: row.signedOutAt,
    ...(row.signedOutTokens && { signedOutTokens: Object.keys(row.signedOutTokens) }),
  }
}

/**
 * Locks an owner's row, and with it all changes of its keys: whoever changes a key takes this first, so
 * counts hold and two changes in one family never wait for each other.
 *
 * @returns whether there is such an owner
 */
export async function lockOwner(transaction: Transaction, ownerId: string): Promise<boolean> {
  return (await lockUser(transaction, ownerId)) !== undefined
}

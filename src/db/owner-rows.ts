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
 * Locks the row of an owner, and with it all changes of the owner's keys: every transaction that
 * changes a key takes this lock first. Counts therefore stay correct, and two changes in one lineage
 * cannot deadlock.
 *
 * @returns whether the owner exists
 */
export async function lockOwner(transaction: Transaction, ownerId: string): Promise<boolean> {
  return (await lockUser(transaction, ownerId)) !== undefined
}

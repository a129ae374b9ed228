import { eq, sql } from 'drizzle-orm'
import type { Owner } from '../credentials/directory.ts'
import { sorted } from '../scopes.ts'
import type { User } from '../users/user.ts'
import { isUuid } from '../uuid.ts'
import { users } from './tables.ts'
import type { Transaction } from './transactions.ts'

export type UserRow = typeof users.$inferSelect

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    issuer: row.issuer,
    subject: row.subject,
    email: row.email,
    name: row.name,
    status: row.status,
    scopes: row.scopes && sorted(row.scopes),
    issuerScopes: row.issuerScopes,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

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
 * Locks a user's row, and with it all changes of its keys: whoever changes a key takes this first, so
 * counts hold and two changes in one family never wait for each other.
 */
export async function lockUser(transaction: Transaction, id: string): Promise<UserRow | undefined> {
  const [row] = await transaction.select().from(users).where(eq(users.id, id)).for('no key update')
  return row
}

/** A position's id as a UUID: what is none comes before all that are. */
export function toUuid(text: string) {
  return sql`${isUuid(text) ? text : '00000000-0000-0000-0000-000000000000'}::uuid`
}

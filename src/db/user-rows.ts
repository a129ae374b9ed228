import { eq, sql } from 'drizzle-orm'
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

/** Locks a user's row against other changes. */
export async function lockUser(transaction: Transaction, id: string): Promise<UserRow | undefined> {
  const [row] = await transaction.select().from(users).where(eq(users.id, id)).for('no key update')
  return row
}

/**
 * The id of a page position as a UUID. Any other text becomes the zero UUID, which sorts before all
 * ids.
 */
export function toUuid(text: string) {
  return sql`${isUuid(text) ? text : '00000000-0000-0000-0000-000000000000'}::uuid`
}

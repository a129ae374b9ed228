import { sql } from 'drizzle-orm'
import { check, index, text, unique, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { latchkey } from './schema.ts'
import { users } from './users.ts'

/** Sessions of the keys page. A trigger ends those of users who are suspended or sign out everywhere. */
export const pageSessions = latchkey.table(
  'page_sessions',
  {
    id: uuid('id').primaryKey(),
    /** The SHA-256 of the value of the cookie. */
    secretHash: bytea('secret_hash').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The tokens of the issuer, encrypted (JWE). */
    tokens: text('tokens').notNull(),
    tokenExpiresAt: instant('token_expires_at').notNull(),
    /** Until then, a node renews the tokens, and no other one does. */
    renewingUntil: instant('renewing_until'),
    address: text('address'),
    userAgent: text('user_agent'),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    unique('page_sessions_secret_hash_key').on(table.secretHash),
    index('page_sessions_user_idx').on(table.userId, table.lastUsedAt),
    index('page_sessions_expires_idx').on(table.expiresAt),
    index('page_sessions_last_used_idx').on(table.lastUsedAt),
    check('page_sessions_user_agent_check', sql`length(${table.userAgent}) <= 256`),
  ],
)

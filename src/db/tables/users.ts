import { sql } from 'drizzle-orm'
import { check, index, jsonb, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { maxIssuerLength, maxSubjectLength } from '../../users/identity.ts'
import { inRange, instant } from './columns.ts'
import { latchkey } from './schema.ts'

/** The latest grant of an issuer to a user, by audience. `iat` is in seconds since the epoch. */
export type IssuerGrants = Readonly<
  Record<string, { readonly scopes: readonly string[]; readonly iat: number }>
>

export type SignedOutTokens = Readonly<Record<string, number>>

export const users = latchkey.table(
  'users',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    email: text('email'),
    name: text('name'),
    status: text('status', { enum: ['ACTIVE', 'SUSPENDED'] })
      .notNull()
      .default('ACTIVE'),
    /** The ceiling that Latchkey sets; null: no ceiling. */
    scopes: text('scopes').array(),
    issuerGrants: jsonb('issuer_grants').$type<IssuerGrants>().notNull().default({}),
    /** All scopes of `issuer_grants`, null if it is empty. A trigger maintains it. */
    issuerScopes: text('issuer_scopes').array(),
    /** JWTs that were issued before this time are refused. */
    signedOutAt: instant('signed_out_at'),
    /**
     * Signed-out JWTs whose `iat` does not show that they were issued before the sign-out: hash to
     * `iat`, in seconds since the epoch.
     */
    signedOutTokens: jsonb('signed_out_tokens').$type<SignedOutTokens>().notNull().default({}),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** A trigger maintains it. */
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('users_issuer_subject_key').on(table.issuer, table.subject),
    index('users_newest_idx').on(table.createdAt, table.id),
    index('users_status_newest_idx').on(table.status, table.createdAt, table.id),
    index('users_subject_prefix_idx').on(sql`lower(${table.subject}) text_pattern_ops`),
    index('users_email_prefix_idx').on(sql`lower(${table.email}) text_pattern_ops`),
    index('users_name_prefix_idx').on(sql`lower(${table.name}) text_pattern_ops`),
    check('users_status_check', sql`${table.status} in ('ACTIVE', 'SUSPENDED')`),
    check(
      'users_subject_check',
      sql`length(${table.subject}) between 1 and ${sql.raw(String(maxSubjectLength))}`,
    ),
    check(
      'users_issuer_check',
      sql`length(${table.issuer}) between 1 and ${sql.raw(String(maxIssuerLength))}`,
    ),
    check('users_signed_out_at_check', inRange(table.signedOutAt)),
    check('users_issuer_grants_check', sql`jsonb_typeof(${table.issuerGrants}) = 'object'`),
    check('users_signed_out_tokens_check', sql`jsonb_typeof(${table.signedOutTokens}) = 'object'`),
  ],
)

/** Users that were deleted. Their JWTs stay refused. A trigger writes the rows. */
export const deletedUsers = latchkey.table(
  'deleted_users',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    scopes: text('scopes').array(),
    deletedAt: instant('deleted_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] })],
)

import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { JsonObject } from '../json.ts'
import { maxLineageDepth } from '../keys/rules.ts'
import { lastStoredDate } from '../last-date.ts'
import { maxIssuerLength, maxSubjectLength } from '../users/identity.ts'

/**
 * The tables as the queries see them. Triggers keep them consistent for every writer: the lineage of
 * keys, the grant of the issuer, tombstones, the append-only audit trail. The triggers and the
 * partitions of `audit_events` are in `drizzle/`.
 */
export const latchkey = pgSchema('latchkey')

/**
 * A column with the millisecond precision of JavaScript dates, so that the position in a cursor equals
 * that of its row.
 */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** The last day that JavaScript dates can hold; those of PostgreSQL go further, and to infinity. */
const lastDay = sql.raw(`'${lastStoredDate.toISOString().slice(0, 10)}Z'`)
const inRange = (column: AnyPgColumn) => sql`${column} between '1970-01-01Z' and ${lastDay}`

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/**
 * A column that is compared byte by byte, which gives the same order on every server and the fastest
 * lookup.
 */
const keyId = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })

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

export const apiKeys = latchkey.table(
  'api_keys',
  {
    id: keyId('id').primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /**
     * The key that created this one. Deleting its row deletes this one too: a child never outlives its
     * parent.
     */
    parentId: keyId('parent_id').references((): AnyPgColumn => apiKeys.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    description: text('description'),
    scopes: text('scopes').array().notNull(),
    /** The scopes that both this key and every ancestor have. A trigger maintains it. */
    lineageScopes: text('lineage_scopes').array().notNull().default([]),
    metadata: jsonb('metadata').$type<JsonObject>().notNull().default({}),
    /** Empty once the key has been revoked or expired for a long time: no secret has that hash. */
    secretHash: bytea('secret_hash').notNull(),
    /**
     * The fingerprint of the pepper of `secret_hash`. Empty: no pepper. Null: unknown, stored before
     * fingerprints existed.
     */
    secretPepper: text('secret_pepper'),
    previousSecretHash: bytea('previous_secret_hash'),
    /** The fingerprint of the pepper of `previous_secret_hash`, like `secret_pepper`. */
    previousSecretPepper: text('previous_secret_pepper'),
    previousExpiresAt: instant('previous_expires_at'),
    previousLastUsedAt: instant('previous_last_used_at'),
    previousLastUsedAddress: text('previous_last_used_address'),
    previousLastUsedAgent: text('previous_last_used_agent'),
    createdAt: instant('created_at').notNull().defaultNow(),
    expiresAt: instant('expires_at'),
    /** The earliest expiry of this key and every ancestor. A trigger maintains it. */
    lineageExpiresAt: instant('lineage_expires_at'),
    lastUsedAt: instant('last_used_at'),
    /** The IP address of the client at the last use; null: unknown, or not stored. */
    lastUsedAddress: text('last_used_address'),
    /** The user agent of the client at the last use; null: unknown, or not stored. */
    lastUsedAgent: text('last_used_agent'),
    rotatedAt: instant('rotated_at'),
    /** The revocation is final. A trigger revokes the descendants too. */
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason'),
    /** The number of ancestors. A trigger maintains it. */
    depth: integer('depth').notNull().default(0),
    // Triggers maintain the columns from here on, for the indexes of the health of keys. They change rarely.
    /**
     * A time not later than the last use, and at most 7 days before it; for a key without a use, the
     * creation.
     */
    lastUsedFloor: instant('last_used_floor').notNull().defaultNow(),
    /** Whether the previous secret was used since the rotation. */
    previousUsed: boolean('previous_used').notNull().default(false),
    /** The number of `scopes` that requests have needed. */
    usedScopes: integer('used_scopes').notNull().default(0),
  },
  (table) => [
    index('api_keys_owner_newest_idx').on(table.ownerId, table.createdAt, table.id),
    // These indexes serve lists that are sorted by name or expiry, and the search by name. As text, the owner
    // keeps the planner from choosing them for other queries by owner, which have indexes of their own.
    index('api_keys_owner_name_idx').on(
      sql`(${table.ownerId}::text)`,
      sql`lower(${table.name}) collate "C"`,
      table.id,
    ),
    index('api_keys_owner_expiry_idx').on(
      sql`(${table.ownerId}::text)`,
      sql`coalesce(${table.lineageExpiresAt}, 'infinity'::timestamptz)`,
      table.id,
    ),
    index('api_keys_owner_unrevoked_idx')
      .on(table.ownerId, table.createdAt, table.id)
      .where(sql`${table.revokedAt} is null`),
    index('api_keys_parent_idx').on(table.parentId).where(sql`${table.parentId} is not null`),
    // These indexes serve erasing the hashes of secrets that no longer work.
    index('api_keys_revoked_hash_idx')
      .on(table.revokedAt)
      .where(sql`${table.revokedAt} is not null and ${table.secretHash} <> ''`),
    index('api_keys_expiring_hash_idx')
      .on(table.lineageExpiresAt)
      .where(sql`${table.lineageExpiresAt} is not null and ${table.secretHash} <> ''`),
    index('api_keys_previous_hash_idx')
      .on(table.previousExpiresAt)
      .where(sql`${table.previousSecretHash} is not null`),
    // These indexes serve finding the peppers that secrets are stored under.
    index('api_keys_pepper_idx')
      .on(table.secretPepper, table.lineageExpiresAt)
      .where(sql`${table.secretPepper} <> '' and ${table.revokedAt} is null`),
    index('api_keys_previous_pepper_idx')
      .on(table.previousSecretPepper, table.previousExpiresAt)
      .where(sql`${table.previousSecretPepper} <> '' and ${table.revokedAt} is null`),
    // These indexes serve the health of the keys of all users.
    index('api_keys_unexpiring_idx')
      .on(table.createdAt, table.id)
      .where(sql`${table.revokedAt} is null and ${table.lineageExpiresAt} is null`),
    index('api_keys_expiring_idx')
      .on(table.lineageExpiresAt, table.id)
      .where(sql`${table.revokedAt} is null and ${table.lineageExpiresAt} is not null`),
    index('api_keys_idle_idx')
      .on(table.lastUsedFloor, table.id)
      .where(sql`${table.revokedAt} is null and ${table.secretHash} <> ''`),
    index('api_keys_unused_scopes_idx')
      .on(table.createdAt, table.id)
      .where(
        sql`${table.revokedAt} is null and ${table.secretHash} <> '' and ${table.usedScopes} > 0 and ${table.usedScopes} < cardinality(${table.scopes})`,
      ),
    index('api_keys_previous_used_idx')
      .on(table.previousExpiresAt, table.id)
      .where(sql`${table.revokedAt} is null and ${table.previousUsed}`),
    // A revoked key may have any scopes. A child may have lost all of them, with its parent.
    check(
      'api_keys_scopes_check',
      sql`(cardinality(${table.scopes}) > 0 or ${table.parentId} is not null) and array_position(${table.scopes}, '') is null and array_position(${table.scopes}, null) is null or ${table.revokedAt} is not null`,
    ),
    check(
      'api_keys_depth_check',
      sql`${table.depth} between 0 and ${sql.raw(String(maxLineageDepth))}`,
    ),
    check('api_keys_expires_at_check', inRange(table.expiresAt)),
    check('api_keys_previous_expires_at_check', inRange(table.previousExpiresAt)),
    check('api_keys_revoked_at_check', inRange(table.revokedAt)),
    check('api_keys_metadata_check', sql`jsonb_typeof(${table.metadata}) = 'object'`),
    check('api_keys_revoked_reason_check', sql`length(${table.revokedReason}) <= 1000`),
  ],
)

/** The scopes that the operations of a key needed, and the latest use of each. */
export const apiKeyScopeUses = latchkey.table(
  'api_key_scope_uses',
  {
    keyId: keyId('key_id')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    scope: text('scope').notNull(),
    lastUsedAt: instant('last_used_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.scope] })],
)

/** The audit trail, partitioned by month. A trigger refuses to change or delete its rows. */
export const auditEvents = latchkey.table(
  'audit_events',
  {
    id: bigserial('id', { mode: 'bigint' }).notNull(),
    at: instant('at').notNull().defaultNow(),
    type: text('type').notNull(),
    actorIssuer: text('actor_issuer'),
    actorSubject: text('actor_subject'),
    actorCredentialKind: text('actor_credential_kind', {
      enum: ['API_KEY', 'JWT', 'SESSION'],
    }),
    actorCredentialId: text('actor_credential_id'),
    targetType: text('target_type', { enum: ['user', 'api_key'] }),
    targetId: text('target_id'),
    details: jsonb('details').$type<JsonObject>().notNull().default({}),
    requestId: text('request_id'),
  },
  (table) => [
    primaryKey({ columns: [table.at, table.id] }),
    index('audit_events_type_idx').on(table.type, table.at, table.id),
    index('audit_events_target_idx').on(table.targetId, table.at, table.id),
    index('audit_events_actor_idx').on(table.actorSubject, table.at, table.id),
  ],
)

/**
 * The processes that cache credentials and receive notifications of changes; `change-feed.ts` maintains
 * the rows.
 */
export const nodes = latchkey.table('nodes', {
  id: uuid('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** The longest time for which the node uses its cache without a notification. Milliseconds. */
  maxStalenessMs: integer('max_staleness_ms').notNull(),
  /**
   * Each heartbeat increments it. A server that lacks the last value is not the primary, or no longer
   * is.
   */
  counter: bigint('counter', { mode: 'number' }).notNull().default(0),
  startedAt: instant('started_at').notNull().defaultNow(),
  lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
})

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

import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../json.ts'
import { maxLineageDepth } from '../../keys/rules.ts'
import { bytea, inRange, instant, keyId } from './columns.ts'
import { latchkey } from './schema.ts'
import { users } from './users.ts'

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

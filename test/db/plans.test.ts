import { createHash, randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import type { AffectedKeys } from '../../src/keys/consequences.ts'
import { healthTimes, type KeyFinding, keyFindings } from '../../src/keys/health.ts'
import type { Position } from '../../src/pagination.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type PlanNode, type PlanRecorder, recordPlans } from '../support/plans.ts'
import { counts, fillTables, issuer, keyId, madeAt, userId } from './many-rows.ts'

let at: TestDatabase
let sql: postgres.Sql
let recorder: PlanRecorder
let database: Database
/** The partitions with rows, and the other large tables. */
let large: Set<string>

beforeAll(async () => {
  at = await createTestDatabase()
  sql = postgres(at.url, { max: 1, onnotice: () => {} })
  await fillTables(sql)
  const rows = await sql`
    select relname from pg_class
    where relnamespace = 'latchkey'::regnamespace and relkind = 'r' and reltuples > 1000`
  large = new Set(rows.map((row) => row.relname))
  recorder = await recordPlans(at.url)
  database = openDatabase({ url: recorder.url, defaultUserScopes: null })
}, 180_000)
afterAll(async () => {
  await database?.close()
  await recorder?.close()
  await sql.end()
  await at.close()
})

const now = new Date()
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)
const page = { limit: 50, after: null, before: null, fromEnd: false }
const everyone = { status: null, search: null }
const middleUser = { at: madeAt(counts.users / 2), id: userId(counts.users / 2) }
const middleEvent = { at: now, id: String(counts.events / 2) }
const by = {
  issuer,
  subject: 'ada',
  credentialKind: 'JWT' as const,
  credentialId: null,
  requestId: null,
}
const searched = ['users_email_prefix_idx', 'users_name_prefix_idx', 'users_subject_prefix_idx']
const ofActor = ['audit_events_actor_subject_at_id_idx', 'audit_events_pkey']
const ofType = ['audit_events_pkey', 'audit_events_type_at_id_idx']
const family = ['api_keys_parent_idx', 'api_keys_pkey', 'users_pkey']
const sighting = { issuer, subject: 'subject-77', grant: null }

const ofFindings = [
  'api_keys_expiring_idx',
  'api_keys_idle_idx',
  'api_keys_owner_unrevoked_idx',
  'api_keys_previous_used_idx',
  'api_keys_unexpiring_idx',
  'api_keys_unused_scopes_idx',
  'users_pkey',
  'users_status_newest_idx',
]
const ofAllFindings = ofFindings.filter((name) => name !== 'users_pkey')
const times = healthTimes(now)
const ofOwner = { ownerId: userId(77), times }
const ofAll = { ownerId: null, times }
const narrowedOwner: AffectedKeys = {
  ownerId: userId(78),
  keyId: null,
  grant: { ceiling: null, issuerCeiling: null },
  effect: { kind: 'grant', grant: { ceiling: ['read:users'], issuerCeiling: null } },
  now,
}
const firstPage = { limit: 50, after: null }
/** A position in the middle of the keys with each finding. */
const middle = {
  NEVER_EXPIRES: { at: madeAt(counts.keys / 2), id: keyId(counts.keys / 2) },
  IDLE: { at: madeAt(counts.keys / 40), id: keyId(0) },
  UNUSED_SCOPES: { at: madeAt(counts.keys / 2), id: keyId(0) },
  EXPIRES_SOON: { at: later(7 * 24 * 60 * 60 * 1000), id: keyId(0) },
  PREVIOUS_SECRET_USED: { at: later(60_000), id: keyId(0) },
  OWNER_SUSPENDED: { at: madeAt(counts.users / 2), id: `${userId(counts.users / 2)}-${keyId(0)}` },
} satisfies Record<KeyFinding, Position>

async function forEachFinding(run: (finding: KeyFinding) => Promise<unknown>) {
  for (const finding of keyFindings) await run(finding)
}

interface Case {
  readonly run: (database: Database) => Promise<unknown>
  /**
   * The indexes that the plan uses, all of them and no other. An index of a partition has the name of
   * that of the whole table.
   */
  readonly indexes: readonly string[]
  /** Whether some of `indexes` may be unused, because the content of a partition depends on the day. */
  readonly some?: boolean
  /** The maximum number of rows that may be read. Default: 60, a page of 50 and their owners. */
  readonly rows?: number
  /**
   * Whether the planner may read a table sequentially, because most of its rows are needed. Default:
   * false.
   */
  readonly wholeTable?: boolean
}

/** The methods of the stores, by name and variant. */
const cases: Record<string, Case> = {
  'directory.findKeyForVerification': {
    // The statement is prepared: after five executions PostgreSQL may choose a generic plan.
    run: async ({ directory }) => {
      for (let n = 0; n < 8; n++) await directory.findKeyForVerification(keyId(n * 1000))
    },
    indexes: ['api_keys_pkey', 'users_pkey'],
  },
  'directory.findKeyForVerification, where there is none': {
    run: async ({ directory }) => {
      for (let n = 0; n < 8; n++) await directory.findKeyForVerification('z'.repeat(16))
    },
    indexes: ['api_keys_pkey', 'users_pkey'],
  },
  'directory.admitUser': {
    run: async ({ directory }) => {
      for (let n = 0; n < 8; n++) await directory.admitUser(sighting)
    },
    indexes: ['deleted_users_issuer_subject_pk', 'users_issuer_subject_key'],
  },
  'directory.admitUser, with a new grant': {
    run: ({ directory }) =>
      directory.admitUser({ ...sighting, grant: { audience: 'a', scopes: ['a'], issuedAt: 5 } }),
    indexes: ['deleted_users_issuer_subject_pk', 'users_issuer_subject_key', 'users_pkey'],
  },
  'directory.admitUser, the first time': {
    run: ({ directory }) => directory.admitUser({ ...sighting, subject: 'new' }),
    indexes: ['deleted_users_issuer_subject_pk', 'users_issuer_subject_key'],
  },
  'directory.markUsed': {
    run: ({ directory }) =>
      directory.markUsed(
        Array.from({ length: 200 }, (_, n) => ({
          keyId: keyId(n * 7),
          lastUsedAt: now,
          previousLastUsedAt: null,
          scopes: [{ scope: 'read:keys', lastUsedAt: now }],
        })),
      ),
    // The first use of a scope counts the used scopes of the key.
    indexes: ['api_key_scope_uses_key_id_scope_pk', 'api_keys_pkey', 'users_pkey'],
    rows: 600,
  },
  'directory.findUnmergedAliases': {
    run: ({ directory }) =>
      directory.findUnmergedAliases?.(['https://alias.example', 'https://other.example']) ??
      Promise.resolve(),
    indexes: ['deleted_users_issuer_subject_pk', 'users_issuer_subject_key'],
  },
  'directory.rehash': {
    run: ({ directory }) =>
      directory.rehash?.(
        [1, 2, 3].map((n) => ({
          keyId: keyId(n),
          from: createHash('sha256').update(String(n)).digest(),
          to: randomBytes(32),
          pepper: 'new',
        })),
      ) ?? Promise.resolve(),
    indexes: ['api_keys_pkey'],
  },

  'peppers.findMissing': {
    run: ({ peppers }) => peppers.findMissing(['first'], now),
    indexes: ['api_keys_pepper_idx', 'api_keys_previous_pepper_idx'],
  },
  'peppers.findMissing, where one is': {
    run: ({ peppers }) => peppers.findMissing([], now),
    indexes: ['api_keys_pepper_idx', 'api_keys_previous_pepper_idx'],
    // They are counted, and are most of the table: an index would save nothing.
    rows: counts.keys,
    some: true,
    wholeTable: true,
  },
  'peppers.usage': {
    // The statements read the pages of the table, about a thousand at a time.
    run: ({ peppers }) => peppers.usage(['first', 'second'], now),
    indexes: ['api_keys_pepper_idx', 'api_keys_previous_pepper_idx'],
  },

  'users.find': { run: ({ users }) => users.find(userId(5)), indexes: ['users_pkey'] },
  'users.findByIdentity': {
    run: ({ users }) => users.findByIdentity(issuer, 'subject-9'),
    indexes: ['users_issuer_subject_key'],
  },
  'users.findMany': {
    run: ({ users }) => users.findMany([5, 6, 7].map(userId)),
    indexes: ['users_pkey'],
  },
  'users.list': { run: ({ users }) => users.list(everyone, page), indexes: ['users_newest_idx'] },
  'users.list, from the middle': {
    run: ({ users }) => users.list(everyone, { ...page, after: middleUser }),
    indexes: ['users_newest_idx'],
  },
  'users.list, backwards from the middle': {
    run: ({ users }) => users.list(everyone, { ...page, before: middleUser, fromEnd: true }),
    indexes: ['users_newest_idx'],
  },
  'users.list, of one status': {
    run: ({ users }) =>
      users.list({ ...everyone, status: 'SUSPENDED' }, { ...page, after: middleUser }),
    indexes: ['users_status_newest_idx'],
  },
  'users.list, what few begin with': {
    run: ({ users }) => users.list({ ...everyone, search: 'Subject-2424' }, page),
    indexes: searched,
  },
  'users.list, what nobody begins with': {
    run: ({ users }) => users.list({ ...everyone, search: 'zz' }, page),
    indexes: searched,
  },
  'users.list, what everybody begins with': {
    run: ({ users }) => users.list({ ...everyone, search: 'n' }, { ...page, after: middleUser }),
    indexes: ['users_newest_idx'],
  },
  'users.count, what few begin with': {
    run: ({ users }) => users.count({ ...everyone, search: 'subject-2424' }),
    indexes: searched,
  },
  'users.findTombstone': {
    run: ({ users }) => users.findTombstone(issuer, 'gone-77'),
    indexes: ['deleted_users_issuer_subject_pk'],
  },
  'users.insert, of one who was deleted': {
    run: ({ users }) =>
      users.insert({ issuer, subject: 'gone-5', email: null, name: null, scopes: null }, by),
    indexes: ['deleted_users_issuer_subject_pk', 'users_pkey'],
  },
  'users.update': {
    run: ({ users }) => users.update(userId(90), { name: 'another' }, by),
    indexes: ['users_pkey'],
  },
  'users.setStatus': {
    run: ({ users }) => users.setStatus(userId(90), 'SUSPENDED', null, by),
    indexes: ['users_pkey'],
  },
  'users.setScopes': {
    run: ({ users }) => users.setScopes(userId(90), ['read:users'], by),
    indexes: ['users_pkey'],
  },
  'users.signOut': {
    run: ({ users }) => users.signOut(userId(90), now, by),
    indexes: ['users_pkey'],
  },
  'users.delete': {
    run: ({ users }) => users.delete(userId(90), by),
    indexes: [
      'api_key_scope_uses_key_id_scope_pk',
      'api_keys_owner_newest_idx',
      'api_keys_owner_unrevoked_idx',
      'api_keys_parent_idx',
      'users_pkey',
    ],
  },

  'keys.find': { run: ({ keys }) => keys.find(keyId(8)), indexes: ['api_keys_pkey'] },
  'keys.findMany': {
    run: ({ keys }) => keys.findMany([1, 2, 3].map(keyId)),
    indexes: ['api_keys_pkey'],
  },
  'keys.list': {
    run: ({ keys }) => keys.list({ ownerId: userId(77), status: null, now }, page),
    indexes: ['api_keys_owner_newest_idx'],
  },
  'keys.list, from a position': {
    run: ({ keys }) =>
      keys.list(
        { ownerId: userId(77), status: null, now },
        { ...page, after: { at: now, id: keyId(0) } },
      ),
    indexes: ['api_keys_owner_newest_idx'],
  },
  'keys.list, active': {
    run: ({ keys }) => keys.list({ ownerId: userId(77), status: 'ACTIVE', now }, page),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.list, expired': {
    run: ({ keys }) => keys.list({ ownerId: userId(77), status: 'EXPIRED', now }, page),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.list, revoked': {
    run: ({ keys }) => keys.list({ ownerId: userId(77), status: 'REVOKED', now }, page),
    indexes: ['api_keys_owner_newest_idx'],
  },
  'keys.list, by name': {
    run: ({ keys }) => keys.list({ ownerId: userId(77), status: null, now, sort: 'NAME' }, page),
    indexes: ['api_keys_owner_name_idx'],
  },
  'keys.list, by name from a position': {
    run: ({ keys }) =>
      keys.list(
        { ownerId: userId(77), status: null, now, sort: 'NAME' },
        { ...page, after: { at: 'Key 3', id: keyId(0) } },
      ),
    indexes: ['api_keys_owner_name_idx'],
  },
  'keys.list, by expiry backwards from a position': {
    run: ({ keys }) =>
      keys.list(
        { ownerId: userId(77), status: null, now, sort: 'EXPIRES' },
        { ...page, before: { at: null, id: keyId(0) }, fromEnd: true },
      ),
    indexes: ['api_keys_owner_expiry_idx'],
  },
  'keys.list, by last use': {
    run: ({ keys }) =>
      keys.list({ ownerId: userId(77), status: null, now, sort: 'LAST_USED' }, page),
    indexes: ['api_keys_owner_newest_idx'],
    some: true,
  },
  'keys.list, whose name begins with a text': {
    run: ({ keys }) =>
      keys.list({ ownerId: userId(77), status: null, now, search: 'key 30' }, page),
    indexes: ['api_keys_owner_name_idx'],
  },
  'keys.findActivity': {
    run: ({ keys }) => keys.findActivity([77, 78, 79].map(userId), later(-30_000), now),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.findDescendants': {
    run: ({ keys }) => keys.findDescendants([304, 308, 312].map(keyId)),
    indexes: ['api_keys_parent_idx', 'api_keys_pkey'],
  },
  'keys.count': {
    run: ({ keys }) => keys.count({ ownerId: userId(77), status: 'ACTIVE', now }),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.listFound, of one owner': {
    run: ({ keys }) => forEachFinding((one) => keys.listFound(one, ofOwner, firstPage)),
    indexes: ofFindings,
    some: true,
  },
  'keys.listFound, of all users': {
    run: ({ keys }) => forEachFinding((one) => keys.listFound(one, ofAll, firstPage)),
    indexes: ofAllFindings,
    // The keys of one user too many may be read.
    rows: 80,
  },
  'keys.listFound, of all users from a position': {
    run: ({ keys }) =>
      forEachFinding((one) => keys.listFound(one, ofAll, { ...firstPage, after: middle[one] })),
    indexes: ofAllFindings,
    rows: 80,
  },
  'keys.countFound, of one owner': {
    run: ({ keys }) => forEachFinding((one) => keys.countFound(one, ofOwner)),
    indexes: ofFindings,
    some: true,
  },
  'keys.countFound, of all users': {
    run: ({ keys }) => forEachFinding((one) => keys.countFound(one, ofAll)),
    indexes: ofAllFindings,
    // They are counted up to 10,000.
    rows: 13_000,
  },
  'keys.listAffected, by a grant': {
    run: ({ keys }) => keys.listAffected(narrowedOwner, page),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.listAffected, by the revocation of a key': {
    run: ({ keys }) =>
      keys.listAffected({ ...narrowedOwner, keyId: keyId(308), effect: { kind: 'stop' } }, page),
    indexes: ['api_keys_owner_unrevoked_idx', 'api_keys_parent_idx', 'api_keys_pkey'],
    some: true,
  },
  'keys.countAffected, by a grant': {
    run: ({ keys }) => keys.countAffected(narrowedOwner),
    indexes: ['api_keys_owner_unrevoked_idx'],
  },
  'keys.isWithin': {
    run: ({ keys }) => keys.isWithin(keyId(5), keyId(4)),
    indexes: ['api_keys_pkey'],
  },
  'keys.findScopeUses': {
    run: ({ keys }) => keys.findScopeUses([2, 4, 6].map(keyId)),
    indexes: ['api_key_scope_uses_key_id_scope_pk'],
  },
  'keys.insert, by a key': {
    run: ({ keys }) =>
      keys.insert(
        {
          id: 'a'.repeat(16),
          ownerId: userId(78),
          parentId: keyId(308),
          name: 'a child',
          description: null,
          scopes: ['read:users'],
          metadata: {},
          secretHash: randomBytes(32),
          secretPepper: '',
          createdAt: now,
          expiresAt: null,
        },
        100,
        by,
      ),
    indexes: ['api_keys_owner_unrevoked_idx', 'api_keys_pkey', 'users_pkey'],
  },
  'keys.update, with children': {
    run: ({ keys }) => keys.update(keyId(308), { scopes: ['read:keys'] }, by),
    indexes: ['api_key_scope_uses_key_id_scope_pk', ...family],
  },
  'keys.rotate': {
    run: ({ keys }) =>
      keys.rotate(
        keyId(308),
        {
          secretHash: randomBytes(32),
          secretPepper: '',
          now,
          previousExpiresAt: later(60_000),
          force: false,
          heldScopes: null,
        },
        by,
      ),
    indexes: ['api_keys_pkey'],
  },
  'keys.expirePrevious': {
    run: ({ keys }) => keys.expirePrevious(keyId(308), now, by),
    indexes: ['api_keys_pkey', 'users_pkey'],
  },
  'keys.revoke, with children': {
    run: ({ keys }) => keys.revoke(keyId(308), null, now, by),
    indexes: family,
  },
  'keys.revokeAll': {
    run: ({ keys }) => keys.revokeAll(userId(79), null, now, by),
    indexes: ['api_keys_owner_unrevoked_idx', 'api_keys_parent_idx', 'api_keys_pkey', 'users_pkey'],
  },
  'keys.eraseDeadSecrets': {
    run: ({ keys }) =>
      keys.eraseDeadSecrets({ grace: madeAt(20_000_000), death: madeAt(20_000_000) }),
    indexes: [
      'api_keys_expiring_hash_idx',
      'api_keys_pkey',
      'api_keys_previous_hash_idx',
      'api_keys_revoked_hash_idx',
    ],
    // Three batches are found and written.
    rows: 6 * 500,
  },
  'keys.fillHealth': {
    run: ({ keys }) => keys.fillHealth(''),
    indexes: ['api_keys_idle_idx', 'api_keys_pkey'],
  },

  'audit.list': { run: ({ audit }) => audit.list({}, page), indexes: ['audit_events_pkey'] },
  'audit.list, from the middle': {
    run: ({ audit }) => audit.list({}, { ...page, after: middleEvent }),
    indexes: ['audit_events_pkey'],
  },
  'audit.list, backwards from the middle': {
    run: ({ audit }) => audit.list({}, { ...page, before: middleEvent, fromEnd: true }),
    indexes: ['audit_events_pkey'],
  },
  'audit.list, of a type that is a quarter': {
    run: ({ audit }) => audit.list({ types: ['user.updated'] }, page),
    indexes: ofType,
    some: true,
    // One row in four has that type.
    rows: 400,
  },
  'audit.list, of a type that never was': {
    run: ({ audit }) => audit.list({ types: ['nothing'] }, page),
    indexes: ofType.slice(1),
  },
  'audit.list, of one actor': {
    run: ({ audit }) => audit.list({ actorSubject: 'subject-77' }, page),
    indexes: ofActor,
    some: true,
  },
  'audit.list, of one actor, backwards from the middle': {
    run: ({ audit }) =>
      audit.list({ actorSubject: 'subject-77' }, { ...page, before: middleEvent, fromEnd: true }),
    indexes: ofActor,
    some: true,
  },
  'audit.list, of one target': {
    run: ({ audit }) => audit.list({ targetId: keyId(77) }, page),
    indexes: ['audit_events_target_id_at_id_idx'],
  },
  'audit.list, of one actor within a time': {
    run: ({ audit }) =>
      audit.list({ actorSubject: 'subject-77', since: now, until: later(5_000_000_000) }, page),
    indexes: ofActor,
    some: true,
  },
  'audit.count, of one actor': {
    run: ({ audit }) => audit.count({ actorSubject: 'subject-77' }),
    indexes: ['audit_events_actor_subject_at_id_idx'],
  },
  'audit.recordRefusals': {
    run: ({ audit }) =>
      audit.recordRefusals([
        {
          reason: 'malformed',
          sourceAddress: '192.0.2.1',
          credentialId: null,
          requestId: null,
          count: 1,
          since: now,
        },
      ]),
    indexes: [],
  },
  'audit.ensurePartitions': { run: ({ audit }) => audit.ensurePartitions(), indexes: [] },
}

describe('on large tables', () => {
  it.each(Object.entries(cases))('%s uses only indexes', async (_name, expected) => {
    recorder.take()
    await expected.run(database)
    const statements = recorder.take()
    const nodes = statements.flatMap(({ nodes }) => nodes)
    expect(statements).not.toEqual([])
    for (const { text } of statements) expect(text).not.toMatch(/\boffset\b/i)
    if (!expected.wholeTable) expect(nodes.filter(isWholeTable)).toEqual([])
    const used = new Set(nodes.flatMap(({ 'Index Name': name }) => (name ? [general(name)] : [])))
    const wanted = expected.some
      ? expected.indexes.filter((name) => used.has(name))
      : expected.indexes
    expect([...used].sort()).toEqual(wanted)
    const most = Math.max(...statements.map(({ nodes }) => sum(nodes.map(rowsRead))))
    expect(most).toBeLessThanOrEqual(expected.rows ?? 60)
  })

  it('every method of the stores is covered', () => {
    const { users, keys, audit, directory, peppers } = database
    const methods = Object.entries({ users, keys, audit, directory, peppers }).flatMap(
      ([name, store]) => Object.keys(store).map((method) => `${name}.${method}`),
    )
    const looked = new Set(Object.keys(cases).map((name) => name.split(',')[0]))
    // `watch` runs no query: `change-feed.ts` listens.
    looked.add('directory.watch')
    expect(methods.filter((method) => !looked.has(method))).toEqual([])
  })
})

function isWholeTable(node: PlanNode): boolean {
  return node['Node Type'] === 'Seq Scan' && large.has(node['Relation Name'] ?? '')
}

/** Returns the rows read by a scan node; 0 if a node below it has found the rows. */
function rowsRead(node: PlanNode): number {
  if (!/^(Seq|Index|Index Only|Bitmap Heap) Scan$/.test(node['Node Type'])) return 0
  const each = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)
  return each * (node['Actual Loops'] ?? 1)
}

/**
 * Returns the name of an index of a partition without that of the partition. Empty partitions are
 * ignored.
 */
function general(index: string): string {
  return index.replace(/^(audit_events)_(default|\d{4}_\d{2})_/, '$1_')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

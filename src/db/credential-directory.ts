import DataLoader from 'dataloader'
import { and, type Column, eq, type GetColumnData, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Actor } from '../audit/actor.ts'
import type {
  CredentialDirectory,
  KeyForVerification,
  Owner,
  UserSighting,
} from '../credentials/directory.ts'
import { isKeyId } from '../keys/key-id.ts'
import { sorted } from '../scopes.ts'
import { differences, record } from './audit-trail.ts'
import { mergeGrant } from './issuer-grants.ts'
import { writeUses } from './key-uses.ts'
import type { Queries } from './link.ts'
import type { LookUp } from './lookups.ts'
import { type OwnerRow, ownerColumns, toOwner } from './owner-rows.ts'
import { stateColumns, survey } from './proof.ts'
import { replaceHashes } from './rehash.ts'
import { selectSession } from './session-rows.ts'
import { apiKeys, deletedUsers, type IssuerGrants, users } from './tables.ts'
import { type Access, RollbackWith, type Transaction } from './transactions.ts'
import { lockUser, type UserRow } from './user-rows.ts'

/** The aliases are short because the driver hashes the text of a statement at each execution. */
const key = alias(apiKeys, 'k')
const owner = alias(users, 'u')

const decoyScopes = sql`'{read:nothing,write:nothing}'`

/**
 * For an id that no key has, the query returns decoy values, with an empty id, and some user as owner. They are decoded
 * like the row of a key, so that the response time does not reveal whether the key exists.
 */
const verificationColumns = {
  asked: sql<string>`asked.id`,
  id: orDecoy(key.id, sql`''`),
  name: orDecoy(key.name, sql`'nobody'`),
  scopes: orDecoy(key.scopes, decoyScopes),
  lineageScopes: orDecoy(key.lineageScopes, decoyScopes),
  expiresAt: key.lineageExpiresAt,
  revokedAt: key.revokedAt,
  secretHash: orDecoy(key.secretHash, sql`decode(repeat('00', 32), 'hex')`),
  secretPepper: key.secretPepper,
  previousSecretHash: key.previousSecretHash,
  previousSecretPepper: key.previousSecretPepper,
  previousExpiresAt: key.previousExpiresAt,
  userId: owner.id,
  issuer: owner.issuer,
  subject: owner.subject,
  status: owner.status,
  ownerScopes: owner.scopes,
  issuerScopes: owner.issuerScopes,
  signedOutAt: owner.signedOutAt,
}

function orDecoy<T extends Column>(column: T, decoy: SQL): SQL<GetColumnData<T>> {
  return sql`coalesce(${column}, ${decoy})`.mapWith(column) as SQL<GetColumnData<T>>
}

const someUser = sql`(select id from ${users} order by id limit 1)`

/** The maximum number of keys that one statement looks up: with more, the first would wait too long. */
const maxBatchSize = 8

/** Its placeholders are `node`, and `id0` to `id7` or as many as `count` says. It ignores ids that are `null`. */
function selectKeys(queries: Queries, count: number, reportsCluster: boolean) {
  const ids = Array.from({ length: count }, (_, n) => sql`(${sql.placeholder(`id${n}`)}::text)`)
  return queries
    .select({ ...verificationColumns, ...stateColumns(reportsCluster) })
    .from(sql`(values ${sql.join(ids, sql`, `)}) as asked (id)`)
    .leftJoin(key, sql`${key.id} = asked.id`)
    .leftJoin(owner, sql`${owner.id} = coalesce(${key.ownerId}, ${someUser})`)
    .where(sql`asked.id is not null`)
}

export type DirectoryQueries = ReturnType<typeof prepareDirectory>

/**
 * The queries of authentication, prepared once for each connection. On this driver Drizzle prepares
 * only queries that are named here (drizzle-orm issues 5502 and 6096).
 */
export function prepareDirectory(queries: Queries, reportsCluster: boolean) {
  return {
    queries,
    reportsCluster,
    findKey: selectKeys(queries, 1, reportsCluster).prepare('find_key'),
    findKeys: selectKeys(queries, maxBatchSize, reportsCluster).prepare('find_keys'),
    findUser: queries
      .select({
        ...stateColumns(reportsCluster),
        ...ownerColumns,
        issuerGrants: users.issuerGrants,
        signedOutTokens: users.signedOutTokens,
        deletedAt: deletedUsers.deletedAt,
      })
      .from(sql`(values (true)) as one`)
      .leftJoin(users, hasIdentity(users))
      .leftJoin(deletedUsers, hasIdentity(deletedUsers))
      .prepare('find_user'),
    findSession: selectSession(queries, reportsCluster).prepare('find_session'),
    ping: () => survey(queries),
  }
}

function hasIdentity(table: typeof users | typeof deletedUsers) {
  return and(
    eq(table.issuer, sql.placeholder('issuer')),
    eq(table.subject, sql.placeholder('subject')),
  )
}

export interface CredentialDirectoryParts {
  /**
   * Connections that only look up credentials, so that no slow query is ever queued before a lookup.
   */
  readonly lookUp: LookUp<DirectoryQueries>
  readonly access: Access
  /** Proves that a transaction runs on the primary. */
  readonly prove: (transaction: Transaction) => Promise<void>
  readonly defaultUserScopes: readonly string[] | null
  /** The time limit for admitting a user, changes included. Milliseconds. */
  readonly admissionTimeoutMs: number
  /** Called when a token may have changed the grant of its user. */
  readonly onGrantChanged: (userId: string) => void
}

export function createCredentialDirectory(parts: CredentialDirectoryParts): CredentialDirectory {
  const { lookUp, access, prove, defaultUserScopes, admissionTimeoutMs, onGrantChanged } = parts
  const keys = createKeyLoader(lookUp)
  return {
    async findKeyForVerification(id) {
      return isKeyId(id) ? keys.load(id) : null
    },

    async admitUser(sighting) {
      const started = performance.now()
      const { issuer, subject, grant } = sighting
      const [row] = await lookUp(({ findUser }, node) =>
        findUser.execute({ issuer, subject, ...node }),
      )
      if (isUser(row)) {
        const { issuerGrants } = row
        if (grant === null || mergeGrant(issuerGrants, grant) === issuerGrants) return toOwner(row)
      } else if (row.deletedAt !== null) return null
      const timeoutMs = Math.max(admissionTimeoutMs - (performance.now() - started), 1)
      const owner = await access.change(
        async (transaction) => {
          await prove(transaction)
          return admit(transaction, sighting, defaultUserScopes)
        },
        { timeoutMs },
      )
      if (owner !== null && grant !== null) onGrantChanged(owner.userId)
      return owner
    },

    markUsed: (uses) => access.change((transaction) => writeUses(transaction, uses)),
    rehash: (rehashes) => access.change((transaction) => replaceHashes(transaction, rehashes)),
  }
}

type FoundUser = Awaited<ReturnType<DirectoryQueries['findUser']['execute']>>[number]

function isUser(row: FoundUser): row is FoundUser & OwnerRow & { issuerGrants: IssuerGrants } {
  return row.userId !== null
}

/**
 * Combines the lookups of one turn of the event loop into shared statements, since most of their cost is that of the
 * statement. The driver sends in the next turn anyway.
 */
function createKeyLoader(lookUp: LookUp<DirectoryQueries>) {
  return new DataLoader<string, KeyForVerification | null>(
    async (ids) => {
      const rows = await lookUp(({ findKey, findKeys }, node) =>
        (ids.length === 1 ? findKey : findKeys).execute({ ...placeholdersOf(ids), ...node }),
      )
      const found = new Map(rows.map((row) => [row.asked, toKey(row)]))
      return ids.map((id) => found.get(id) ?? null)
    },
    { cache: false, maxBatchSize, batchScheduleFn: setImmediate },
  )
}

function placeholdersOf(ids: readonly string[]): Record<string, string | null> {
  const count = ids.length === 1 ? 1 : maxBatchSize
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`id${n}`, ids[n] ?? null]))
}

type FoundKey = Awaited<ReturnType<DirectoryQueries['findKey']['execute']>>[number]

/** Converts a decoy row into a key too, so that it takes as long. */
function toKey(row: FoundKey): KeyForVerification | null {
  // Every key has an owner.
  const key = toKeyForVerification(row as FoundKey & OwnerRow)
  return key.id === row.asked ? key : null
}

function toKeyForVerification(row: FoundKey & OwnerRow): KeyForVerification {
  return {
    id: row.id,
    name: row.name,
    scopes: sorted(row.scopes),
    lineageScopes: row.lineageScopes,
    expiresAt: row.expiresAt,
    revokedAt: row.revokedAt,
    secretHash: row.secretHash,
    secretPepper: row.secretPepper,
    previousSecretHash: row.previousSecretHash,
    previousSecretPepper: row.previousSecretPepper,
    previousExpiresAt: row.previousExpiresAt,
    owner: toOwner(row),
  }
}

async function admit(
  transaction: Transaction,
  sighting: UserSighting,
  defaultScopes: readonly string[] | null,
): Promise<Owner | null> {
  const user =
    (await findLocked(transaction, sighting)) ??
    (await create(transaction, sighting, defaultScopes))
  return user && updateGrant(transaction, user, sighting)
}

async function findLocked(
  transaction: Transaction,
  { issuer, subject }: UserSighting,
): Promise<UserRow | undefined> {
  const [found] = await transaction
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.issuer, issuer), eq(users.subject, subject)))
  return found && lockUser(transaction, found.id)
}

async function create(
  transaction: Transaction,
  sighting: UserSighting,
  defaultScopes: readonly string[] | null,
): Promise<UserRow | null> {
  const { issuer, subject, kind = 'JWT', name = null, email = null } = sighting
  const [made] = await transaction
    .insert(users)
    .values({ issuer, subject, name, email, scopes: defaultScopes && [...sorted(defaultScopes)] })
    .onConflictDoNothing()
    .returning()
  // The query must come after the insertion, which may have waited for the deletion of the same user.
  const [tombstone] = await transaction
    .select({ issuer: deletedUsers.issuer })
    .from(deletedUsers)
    .where(and(eq(deletedUsers.issuer, issuer), eq(deletedUsers.subject, subject)))
  if (made === undefined) {
    // Another transaction inserted the user first, and it may have been deleted since.
    return (await findLocked(transaction, sighting)) ?? null
  }
  if (tombstone !== undefined) throw new RollbackWith(null)
  await record(transaction, selfOf(sighting), [
    {
      type: 'user.created',
      targetId: made.id,
      details: { issuer, subject, scopes: made.scopes, firstSeen: kind },
    },
  ])
  return made
}

async function updateGrant(
  transaction: Transaction,
  user: UserRow,
  sighting: UserSighting,
): Promise<Owner> {
  const { grant } = sighting
  const issuerGrants = grant === null ? user.issuerGrants : mergeGrant(user.issuerGrants, grant)
  if (issuerGrants === user.issuerGrants) return ownerOf(user)
  const [after = user] = await transaction
    .update(users)
    .set({ issuerGrants })
    .where(eq(users.id, user.id))
    .returning()
  const details = differences(user, after, ['issuerScopes'])
  if (Object.keys(details).length > 0) {
    await record(transaction, selfOf(sighting), [
      { type: 'user.updated', targetId: user.id, details },
    ])
  }
  return ownerOf(after)
}

function ownerOf(user: UserRow): Owner {
  return toOwner({ ...user, userId: user.id, ownerScopes: user.scopes })
}

/** The actor of the change is the user's own credential. */
function selfOf({ issuer, subject, kind = 'JWT' }: UserSighting): Actor {
  return { issuer, subject, credentialKind: kind, credentialId: null, requestId: null }
}

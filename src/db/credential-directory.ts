import { and, eq, notExists, sql } from 'drizzle-orm'
import type { Actor } from '../audit/actor.ts'
import type {
  CredentialDirectory,
  KeyForVerification,
  Owner,
  UserSighting,
} from '../credentials/directory.ts'
import { sorted } from '../scopes.ts'
import { differences, record } from './audit-trail.ts'
import { heard } from './issuer-grants.ts'
import { isKeyId } from './key-rows.ts'
import { writeUses } from './key-uses.ts'
import type { Queries } from './link.ts'
import type { LookUp } from './lookups.ts'
import { stateColumns, survey } from './proof.ts'
import { replaceHashes } from './rehash.ts'
import { apiKeys, deletedUsers, type IssuerGrants, users } from './tables.ts'
import { Abandon, type Access, type Transaction } from './transactions.ts'
import { lockUser, type OwnerRow, ownerColumns, toOwner, type UserRow } from './user-rows.ts'

const verificationColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  scopes: apiKeys.scopes,
  lineageScopes: apiKeys.lineageScopes,
  expiresAt: apiKeys.lineageExpiresAt,
  revokedAt: apiKeys.revokedAt,
  secretHash: apiKeys.secretHash,
  secretPepper: apiKeys.secretPepper,
  previousSecretHash: apiKeys.previousSecretHash,
  previousSecretPepper: apiKeys.previousSecretPepper,
  previousExpiresAt: apiKeys.previousExpiresAt,
  ...ownerColumns,
}

/**
 * What the look-up of an id that no key has finds, so that a row is read and decoded then too, and the
 * time that it takes tells nothing. Its id is none. Names and types are those of the union's first half:
 * the driver hashes the text of a statement each time it is asked for, so this one is kept short.
 */
const nobodysKey = {
  id: sql<string>`''`,
  name: sql<string>`'nobody'`,
  scopes: sql<string[]>`'{read:nothing,write:nothing}'`,
  lineageScopes: sql<string[]>`'{read:nothing,write:nothing}'`,
  expiresAt: sql<Date | null>`null`,
  revokedAt: sql<Date | null>`null`,
  secretHash: sql<Uint8Array>`decode(repeat('00', 32), 'hex')`,
  secretPepper: sql<string | null>`null`,
  previousSecretHash: sql<Uint8Array | null>`null`,
  previousSecretPepper: sql<string | null>`null`,
  previousExpiresAt: sql<Date | null>`null`,
  userId: sql<string>`'00000000-0000-0000-0000-000000000000'`,
  issuer: sql<string>`'https://issuer.invalid'`,
  subject: sql<string>`'nobody'`,
  status: sql<'ACTIVE' | 'SUSPENDED'>`'ACTIVE'`,
  ownerScopes: sql<string[] | null>`'{read:nothing,write:nothing}'`,
  issuerScopes: sql<string[] | null>`null`,
  signedOutAt: sql<Date | null>`null`,
}

export type DirectoryQueries = ReturnType<typeof prepareDirectory>

/**
 * The queries of authentication, planned once for each connection. Drizzle prepares what has a name
 * here and nothing else on this driver (drizzle-orm issues 5502 and 6096).
 */
export function prepareDirectory(queries: Queries, tellsCluster: boolean) {
  const { counter, inRecovery, timeline } = stateColumns(tellsCluster)
  return {
    queries,
    tellsCluster,
    findKey: queries
      .select({ ...verificationColumns, counter, inRecovery, timeline })
      .from(apiKeys)
      .innerJoin(users, eq(users.id, apiKeys.ownerId))
      .where(eq(apiKeys.id, sql.placeholder('id')))
      .unionAll(
        queries
          .select({ ...nobodysKey, counter, inRecovery, timeline })
          .from(sql`(values (true)) as nobody`)
          .leftJoin(sql`(select id from ${users} order by id limit 1) as some_user`, sql`true`)
          .where(
            notExists(
              queries
                .select({ id: apiKeys.id })
                .from(apiKeys)
                .where(eq(apiKeys.id, sql.placeholder('id'))),
            ),
          ),
      )
      .prepare('find_key'),
    findUser: queries
      .select({
        counter,
        inRecovery,
        timeline,
        ...ownerColumns,
        issuerGrants: users.issuerGrants,
        signedOutTokens: users.signedOutTokens,
        deletedAt: deletedUsers.deletedAt,
      })
      .from(sql`(values (true)) as one`)
      .leftJoin(users, hasIdentity(users))
      .leftJoin(deletedUsers, hasIdentity(deletedUsers))
      .prepare('find_user'),
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
  /** For looking up alone, so that nothing slow is ever before them in line. */
  readonly lookUp: LookUp<DirectoryQueries>
  readonly access: Access
  /** Proves that a transaction is one of the primary. */
  readonly prove: (transaction: Transaction) => Promise<void>
  readonly defaultUserScopes: readonly string[] | null
  /** Called when a token may have changed what its user holds. */
  readonly onGrantChanged: (userId: string) => void
}

export function createCredentialDirectory(parts: CredentialDirectoryParts): CredentialDirectory {
  const { lookUp, access, prove, defaultUserScopes, onGrantChanged } = parts
  return {
    async findKeyForVerification(id) {
      if (!isKeyId(id)) return null
      const row = await lookUp(({ findKey }, node) => findKey.execute({ id, ...node }))
      return row.id === id ? toKeyForVerification(row) : null
    },

    async admitUser(sighting) {
      const { issuer, subject, grant } = sighting
      const row = await lookUp(({ findUser }, node) =>
        findUser.execute({ issuer, subject, ...node }),
      )
      if (isUser(row)) {
        const { issuerGrants } = row
        if (grant === null || heard(issuerGrants, grant) === issuerGrants) return toOwner(row)
      } else if (row.deletedAt !== null) return null
      const owner = await access.change(async (transaction) => {
        await prove(transaction)
        return admit(transaction, sighting, defaultUserScopes)
      })
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

type FoundKey = Awaited<ReturnType<DirectoryQueries['findKey']['execute']>>[number]

function toKeyForVerification(row: FoundKey): KeyForVerification {
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
  return user && learn(transaction, user, sighting)
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
  const { issuer, subject } = sighting
  const [made] = await transaction
    .insert(users)
    .values({ issuer, subject, scopes: defaultScopes && [...sorted(defaultScopes)] })
    .onConflictDoNothing()
    .returning()
  // Looked for only now: the insertion may have waited for the deletion of the same user.
  const [tombstone] = await transaction
    .select({ issuer: deletedUsers.issuer })
    .from(deletedUsers)
    .where(and(eq(deletedUsers.issuer, issuer), eq(deletedUsers.subject, subject)))
  if (made === undefined) {
    // Another first sighting was quicker, or a deletion after it.
    return (await findLocked(transaction, sighting)) ?? null
  }
  if (tombstone !== undefined) throw new Abandon(null)
  await record(transaction, selfOf(sighting), [
    {
      type: 'user.created',
      targetId: made.id,
      details: { issuer, subject, scopes: made.scopes, firstSeen: 'JWT' },
    },
  ])
  return made
}

async function learn(
  transaction: Transaction,
  user: UserRow,
  sighting: UserSighting,
): Promise<Owner> {
  const { grant } = sighting
  const issuerGrants = grant === null ? user.issuerGrants : heard(user.issuerGrants, grant)
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

/** The user's own token is what makes the change. */
function selfOf({ issuer, subject }: UserSighting): Actor {
  return { issuer, subject, credentialKind: 'JWT', credentialId: null, requestId: null }
}

import { and, count, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { Actor } from '../audit/actor.ts'
import type { EventType } from '../audit/event.ts'
import type { Page, PageRequest } from '../pagination.ts'
import { sorted } from '../scopes.ts'
import type { NewUser, SignedOutToken, UserFilter, UserStore } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { isUuid } from '../uuid.ts'
import { differences, record } from './audit-trail.ts'
import { keyset, newestFirst, toPage } from './keyset.ts'
import type { Queries } from './link.ts'
import { apiKeys, deletedUsers, pageSessions, type SignedOutTokens, users } from './tables.ts'
import type { Access } from './transactions.ts'
import { lockUser, toUser, toUuid, type UserRow } from './user-rows.ts'

export function createUserStore(access: Access): UserStore {
  return {
    find: async (id) =>
      isUuid(id) ? access.read((queries) => findWhere(queries, eq(users.id, id))) : null,

    findByIdentity: async (issuer, subject) =>
      isText(issuer) && isText(subject)
        ? access.read((queries) => findWhere(queries, isIdentity(issuer, subject)))
        : null,

    async findMany(ids) {
      const possible = ids.filter(isUuid)
      if (possible.length === 0) return ids.map(() => null)
      const rows = await access.read((queries) =>
        queries.select().from(users).where(inArray(users.id, possible)),
      )
      const byId = new Map(rows.map((row) => [row.id, toUser(row)]))
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    },

    list: (filter, page) => access.readList((queries) => list(queries, filter, page)),

    count: (filter) =>
      access.readList(async (queries) => {
        const [row] = await queries.select({ count: count() }).from(users).where(matches(filter))
        return row?.count ?? 0
      }),

    findTombstone: (issuer, subject) =>
      access.read(async (queries) => {
        const [row] = await queries
          .select({ scopes: deletedUsers.scopes })
          .from(deletedUsers)
          .where(isTombstoneOf(issuer, subject))
        return row
      }),

    insert: (user, by) => insert(access, user, by),

    update: (id, change, by) =>
      alter(access, id, by, { set: withoutUndefined(change), type: 'user.updated' }),

    setStatus: (id, status, reason, by) =>
      alter(access, id, by, {
        set: { status },
        type: status === 'SUSPENDED' ? 'user.suspended' : 'user.reactivated',
        more: reason === null ? {} : { reason },
      }),

    setScopes: (id, scopes, by, check) =>
      alter(access, id, by, {
        set: { scopes: scopes && [...sorted(scopes)] },
        type: 'user.scopes_set',
        ...(check && { check }),
      }),

    signOut: (id, now, by, token) => signOut(access, id, now, by, token),

    delete: (id, by, check) => remove(access, id, by, check),
  }
}

async function findWhere(queries: Queries, condition: SQL | undefined): Promise<User | null> {
  const [row] = await queries.select().from(users).where(condition)
  return row === undefined ? null : toUser(row)
}

async function list(queries: Queries, filter: UserFilter, page: PageRequest): Promise<Page<User>> {
  const { where, orderBy, limit } = keyset(newestFirst(users.createdAt, users.id, toUuid), page)
  const rows = await queries
    .select()
    .from(users)
    .where(and(matches(filter), where))
    .orderBy(...orderBy)
    .limit(limit)
  return toPage(rows, page, toUser)
}

async function insert(access: Access, user: NewUser, by: Actor): Promise<User | 'duplicate'> {
  return access.change(async (transaction) => {
    const [made] = await transaction
      .insert(users)
      .values({ ...user, scopes: [] })
      .onConflictDoNothing()
      .returning({ id: users.id })
    if (made === undefined) return 'duplicate'
    // The deletion must come after the insertion, which may have waited for the deletion of the same
    // user.
    const [tombstone] = await transaction
      .delete(deletedUsers)
      .where(isTombstoneOf(user.issuer, user.subject))
      .returning({ scopes: deletedUsers.scopes })
    const granted = typeof user.scopes === 'function' ? user.scopes(tombstone) : user.scopes
    const [row] = await transaction
      .update(users)
      .set({ scopes: granted && [...sorted(granted)] })
      .where(eq(users.id, made.id))
      .returning()
    if (row === undefined) return 'duplicate'
    const { issuer, subject, email, name, scopes } = toUser(row)
    await record(transaction, by, [
      {
        type: 'user.created',
        targetId: row.id,
        details: { issuer, subject, email, name, scopes },
      },
    ])
    return toUser(row)
  })
}

interface Alteration {
  readonly set: Partial<typeof users.$inferInsert>
  readonly type: EventType
  /** Further details of the audit event. */
  readonly more?: { readonly reason?: string }
  /** Throws to prevent the change. */
  readonly check?: (before: User) => void
}

/** Changes a user and records it. A change that changes nothing is neither written nor recorded. */
async function alter(
  access: Access,
  id: string,
  by: Actor,
  { set, type, more, check }: Alteration,
): Promise<User | null> {
  if (!isUuid(id)) return null
  return access.change(async (transaction) => {
    const before = await lockUser(transaction, id)
    if (before === undefined) return null
    check?.(toUser(before))
    const details = differences({ ...before }, { ...before, ...set } as UserRow, [
      'email',
      'name',
      'status',
      'scopes',
    ])
    if (Object.keys(details).length === 0) return toUser(before)
    const [after] = await transaction.update(users).set(set).where(eq(users.id, id)).returning()
    await record(transaction, by, [{ type, targetId: before.id, details: { ...details, ...more } }])
    return after === undefined ? null : toUser(after)
  })
}

async function signOut(
  access: Access,
  id: string,
  now: Date,
  by: Actor,
  token: SignedOutToken | null = null,
): Promise<Date | null> {
  return access.change(async (transaction) => {
    const before = await lockUser(transaction, id)
    if (before === undefined) return null
    const from = before.signedOutAt
    const at = from !== null && from >= now ? from : now
    const signedOutTokens = withToken(before.signedOutTokens, at, token)
    // The trigger does so only if the time changes. A session may have begun since an equal or later one.
    await transaction.delete(pageSessions).where(eq(pageSessions.userId, id))
    if (at === from && signedOutTokens === before.signedOutTokens) return at
    await transaction
      .update(users)
      .set({ signedOutAt: at, signedOutTokens })
      .where(eq(users.id, id))
    const signedOutAt = { from: from?.toISOString() ?? null, to: at.toISOString() }
    await record(transaction, by, [
      { type: 'user.signed_out', targetId: before.id, details: { signedOutAt } },
    ])
    return at
  })
}

/** Adds a token, and removes tokens that were issued before `at`, because `at` alone refuses them. */
function withToken(known: SignedOutTokens, at: Date, token: SignedOutToken | null) {
  if (token === null || token.hash in known) return known
  const later = Object.entries(known).filter(([, issuedAt]) => issuedAt * 1000 >= at.getTime())
  return Object.fromEntries([...later, [token.hash, token.issuedAt]])
}

async function remove(
  access: Access,
  id: string,
  by: Actor,
  check?: Parameters<UserStore['delete']>[2],
): Promise<boolean> {
  if (!isUuid(id)) return false
  return access.change(async (transaction) => {
    const before = await lockUser(transaction, id)
    if (before === undefined) return false
    const keys = await transaction
      .select({ id: apiKeys.id, expiresAt: apiKeys.lineageExpiresAt })
      .from(apiKeys)
      .where(and(eq(apiKeys.ownerId, before.id), isNull(apiKeys.revokedAt)))
    check?.(keys)
    await transaction.delete(users).where(eq(users.id, before.id))
    const { issuer, subject, email, name, scopes } = toUser(before)
    await record(transaction, by, [
      {
        type: 'user.deleted',
        targetId: before.id,
        details: { issuer, subject, email, name, scopes, apiKeys: keys.map((key) => key.id) },
      },
    ])
    return true
  })
}

function matches({ status, search }: UserFilter): SQL | undefined {
  return and(
    status === null ? undefined : eq(users.status, status),
    search === null ? undefined : beginsWith(search),
  )
}

function beginsWith(search: string): SQL | undefined {
  if (!isText(search)) return sql`false`
  const pattern = sql`lower(${search.replace(/[\\%_]/g, '\\$&')}) || '%'`
  return or(
    sql`lower(${users.subject}) like ${pattern}`,
    sql`lower(${users.email}) like ${pattern}`,
    sql`lower(${users.name}) like ${pattern}`,
  )
}

function isIdentity(issuer: string, subject: string) {
  return and(eq(users.issuer, issuer), eq(users.subject, subject))
}

function isTombstoneOf(issuer: string, subject: string) {
  return and(eq(deletedUsers.issuer, issuer), eq(deletedUsers.subject, subject))
}

/** The type `text` of PostgreSQL holds every character except NUL. */
function isText(value: string): boolean {
  return !value.includes('\0')
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}

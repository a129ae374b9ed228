import { and, count, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { type AuditEvent, isEventId } from '../audit/event.ts'
import type { AuditEventFilter, AuditStore, RefusedCredentials } from '../audit/store.ts'
import { makePartitions, mayMakePartitions } from './audit-partitions.ts'
import { keyset, newestFirst, toPage } from './keyset.ts'
import { auditEvents } from './tables.ts'
import type { Access } from './transactions.ts'

export function createAuditStore(access: Access): AuditStore {
  return {
    list: (filter, page) =>
      access.readList(async (queries) => {
        const { where, orderBy, limit } = keyset(newest, page)
        const rows = await queries
          .select()
          .from(auditEvents)
          .where(and(matches(filter), where))
          .orderBy(...orderBy)
          .limit(limit)
        return toPage(rows, page, toAuditEvent)
      }),

    count: (filter) =>
      access.readList(async (queries) => {
        const [row] = await queries
          .select({ count: count() })
          .from(auditEvents)
          .where(matches(filter))
        return row?.count ?? 0
      }),

    async recordRefusals(refusals) {
      if (refusals.length === 0) return
      await access.change((transaction) =>
        transaction.insert(auditEvents).values(refusals.map(refusalRow)),
      )
    },

    async ensurePartitions() {
      const { schema } = access
      await access.change(async (transaction) => {
        const [row] = await transaction.execute<{ may: boolean }>(
          sql.raw(mayMakePartitions(schema)),
        )
        if (row?.may === true) await transaction.execute(sql.raw(makePartitions(schema)))
      })
    },
  }
}

const newest = newestFirst(auditEvents.at, auditEvents.id, toEventId)

function toAuditEvent(row: typeof auditEvents.$inferSelect): AuditEvent {
  return {
    id: String(row.id),
    at: row.at,
    type: row.type,
    actor: {
      issuer: row.actorIssuer,
      subject: row.actorSubject,
      credentialKind: row.actorCredentialKind,
      credentialId: row.actorCredentialId,
    },
    targetType: row.targetType,
    targetId: row.targetId,
    details: row.details,
    requestId: row.requestId,
  }
}

function refusalRow(refusals: RefusedCredentials): typeof auditEvents.$inferInsert {
  const { reason, sourceAddress, credentialId, requestId, count, since } = refusals
  const known = credentialId !== null && reason !== 'key-unknown'
  return {
    type: 'credential.refused',
    targetType: known ? 'api_key' : null,
    targetId: known ? credentialId : null,
    details: { reason, sourceAddress, count, since: since.toISOString() },
    requestId,
  }
}

function matches(filter: AuditEventFilter): SQL | undefined {
  const { types, actorSubject, targetId, since, until } = filter
  const texts = [...(types ?? []), actorSubject ?? '', targetId ?? '']
  // The type `text` of PostgreSQL holds every character except NUL.
  if (types?.length === 0 || texts.some((text) => text.includes('\0'))) return sql`false`
  return and(
    types == null ? undefined : inArray(auditEvents.type, [...types]),
    actorSubject == null ? undefined : eq(auditEvents.actorSubject, actorSubject),
    targetId == null ? undefined : eq(auditEvents.targetId, targetId),
    since == null ? undefined : gte(auditEvents.at, inRange(since)),
    until == null ? undefined : lt(auditEvents.at, inRange(until)),
  )
}

/** Raises a date to the year 1, because PostgreSQL has no year 0. */
function inRange(date: Date): Date {
  const earliest = new Date('0001-01-01T00:00:00Z')
  return date < earliest ? earliest : date
}

/** The event id of a page position. Any other text becomes 0, which sorts before all ids. */
function toEventId(text: string) {
  return sql`${isEventId(text) ? text : '0'}::bigint`
}

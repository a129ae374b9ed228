import type { Actor } from '../audit/actor.ts'
import type { EventType } from '../audit/event.ts'
import type { JsonObject } from '../json.ts'
import { auditEvents } from './tables.ts'
import type { Transaction } from './transactions.ts'

export interface AuditedChange {
  readonly type: EventType
  /** The id of the user or key that changed. */
  readonly targetId: string
  /** The values before and after the change. They never contain a secret or its hash. */
  readonly details: JsonObject
}

/**
 * Records changes in the transaction that makes them, so that either both are committed or neither is.
 */
export async function record(
  transaction: Transaction,
  by: Actor,
  changes: readonly AuditedChange[],
): Promise<void> {
  if (changes.length === 0) return
  await transaction.insert(auditEvents).values(
    changes.map(({ type, targetId, details }) => ({
      type,
      actorIssuer: by.issuer,
      actorSubject: by.subject,
      actorCredentialKind: by.credentialKind,
      actorCredentialId: by.credentialId,
      targetType: type.startsWith('user.') ? ('user' as const) : ('api_key' as const),
      targetId,
      details,
      requestId: by.requestId,
    })),
  )
}

/** Returns `{ field: { from, to } }` for each field that differs. */
export function differences<T extends object>(
  before: T,
  after: T,
  fields: readonly (keyof T & string)[],
): JsonObject {
  const found = fields
    .map((field) => [field, { from: toJson(before[field]), to: toJson(after[field]) }] as const)
    .filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to))
  return Object.fromEntries(found)
}

function toJson(value: unknown) {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}

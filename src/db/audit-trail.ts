import type { Actor } from '../audit/actor.ts'
import type { EventType } from '../audit/event.ts'
import type { JsonObject } from '../json.ts'
import { auditEvents } from './tables.ts'
import type { Transaction } from './transactions.ts'

export interface AuditedChange {
  readonly type: EventType
  /** Of the user or key that changed. */
  readonly targetId: string
  /** What was and what is now; never a secret or its hash. */
  readonly details: JsonObject
}

/** Tells changes in the transaction that makes them: either both last or neither. */
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

/** `{ field: { from, to } }` of those fields that differ. */
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

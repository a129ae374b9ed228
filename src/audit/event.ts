import type { JsonObject } from '../json.ts'
import type { Actor } from './actor.ts'

export const eventTypes = [
  'user.created',
  'user.updated',
  'user.suspended',
  'user.reactivated',
  'user.deleted',
  'user.scopes_set',
  'user.signed_out',
  'user.merged',
  'api_key.created',
  'api_key.updated',
  'api_key.widened',
  'api_key.rotated',
  'api_key.previous_secret_expired',
  'api_key.revoked',
  'credential.refused',
] as const

export type EventType = (typeof eventTypes)[number]

/** An event as the audit trail stores it. Events never change. */
export interface AuditEvent {
  /** Decimal digits. Of two events at the same time, the later one has the higher number. */
  readonly id: string
  readonly at: Date
  readonly type: string
  readonly actor: Omit<Actor, 'requestId'>
  readonly targetType: string | null
  readonly targetId: string | null
  /** The values before and after the change, or other facts of the event; never a secret. */
  readonly details: JsonObject
  readonly requestId: string | null
}

/** Whether `text` can be the id of an event. */
export function isEventId(text: string): boolean {
  return /^\d{1,18}$/.test(text)
}

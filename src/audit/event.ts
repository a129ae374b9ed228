import type { JsonObject } from '../json.ts'
import type { Actor } from './actor.ts'

export type EventType =
  | 'user.created'
  | 'user.updated'
  | 'user.suspended'
  | 'user.reactivated'
  | 'user.deleted'
  | 'user.scopes_set'
  | 'user.signed_out'
  | 'api_key.created'
  | 'api_key.updated'
  | 'api_key.rotated'
  | 'api_key.previous_secret_expired'
  | 'api_key.revoked'
  | 'credential.refused'

/** Something that happened, as it is told for good. */
export interface AuditEvent {
  /** Decimal digits; of two events of one moment the later one has the higher. */
  readonly id: string
  readonly at: Date
  readonly type: string
  readonly actor: Omit<Actor, 'requestId'>
  readonly targetType: string | null
  readonly targetId: string | null
  /** What was and what is now, or what else there is to tell; never a secret. */
  readonly details: JsonObject
  readonly requestId: string | null
}

/** Whether `text` can be the id of an event. */
export function isEventId(text: string): boolean {
  return /^\d{1,18}$/.test(text)
}

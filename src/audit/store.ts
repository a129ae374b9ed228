import type { Page, PageRequest } from '../pagination.ts'
import type { AuditEvent } from './event.ts'

/**
 * The audit trail. The stores of users and keys record their changes themselves, in the transaction of
 * the change.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface AuditStore {
  /** Newest first. */
  list(filter: AuditEventFilter, page: PageRequest): Promise<Page<AuditEvent>>
  count(filter: AuditEventFilter): Promise<number>
  /** Records refused credentials, in one statement. */
  recordRefusals(refusals: readonly RefusedCredentials[]): Promise<void>
  /** Creates the partitions of the coming year that are missing. */
  ensurePartitions(): Promise<void>
}

/** An event must meet all conditions that are given. */
export interface AuditEventFilter {
  /** The event has one of these types. */
  readonly types?: readonly string[] | null | undefined
  readonly actorSubject?: string | null | undefined
  readonly targetId?: string | null | undefined
  /** The event happened at this time or later. */
  readonly since?: Date | null | undefined
  /** The event happened before this time. */
  readonly until?: Date | null | undefined
}

/** Credentials that were refused for one reason, from one address, between two writes. */
export interface RefusedCredentials {
  /** `null`: several reasons and addresses, beyond the number of kinds that are counted separately. */
  readonly reason: string | null
  readonly sourceAddress: string | null
  /** The public id of the key in the first refusal, if that had one. */
  readonly credentialId: string | null
  /** The id of the first refused request. */
  readonly requestId: string | null
  readonly count: number
  readonly since: Date
}

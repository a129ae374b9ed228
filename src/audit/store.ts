import type { Page, PageRequest } from '../pagination.ts'
import type { AuditEvent } from './event.ts'

/**
 * The audit trail. What changes users and keys is told by their stores, in the same transaction.
 * Every method throws ServiceUnavailableError when the database cannot be reached.
 */
export interface AuditStore {
  /** Newest first. */
  list(filter: AuditEventFilter, page: PageRequest): Promise<Page<AuditEvent>>
  count(filter: AuditEventFilter): Promise<number>
  /** Tells of credentials that were refused, in one statement. */
  recordRefusals(refusals: readonly RefusedCredentials[]): Promise<void>
  /** Makes the partitions of the coming year that are missing. */
  ensurePartitions(): Promise<void>
}

/** All that are given must fit. */
export interface AuditEventFilter {
  /** Any of them. */
  readonly types?: readonly string[] | null | undefined
  readonly actorSubject?: string | null | undefined
  readonly targetId?: string | null | undefined
  /** At that moment or later. */
  readonly since?: Date | null | undefined
  /** Before that moment. */
  readonly until?: Date | null | undefined
}

/** Credentials refused for one reason, to one address, within some seconds. */
export interface RefusedCredentials {
  /** `null`: several reasons and addresses, more than are told apart at a time. */
  readonly reason: string | null
  readonly sourceAddress: string | null
  /** Public id of the key in the first of them, where it had one. */
  readonly credentialId: string | null
  /** Of the first of them. */
  readonly requestId: string | null
  readonly count: number
  readonly since: Date
}

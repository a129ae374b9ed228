import { DrizzleQueryError } from 'drizzle-orm'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { type Cause, causeOf } from './causes.ts'
import { ConnectError, codeOf } from './connection/errors.ts'
import { DeadlineExceeded } from './deadline.ts'
import { UnprovenServerError } from './proof.ts'

/**
 * What a failed query's caller is told: that the database cannot answer now, where that is what the
 * failure means; anything else is a bug and comes as it is. Drizzle's wrapping is taken off, because
 * its message repeats the query's parameters.
 */
export function asFailure(error: unknown): unknown {
  const original = unwrapped(error)
  if (original instanceof LatchkeyError) return original
  if (!isUnavailability(original)) return original
  return new ServiceUnavailableError({ cause: original, reason: causeOf(original) })
}

/** Why the database did not answer, behind whatever wrapped the failure; `null` where it is not known. */
export function causeOfFailure(error: unknown): Cause | null {
  const original = unwrapped(error)
  if (original instanceof ServiceUnavailableError) return causeOfFailure(original.cause)
  return causeOf(original)
}

/** Whether the same transaction may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(unwrapped(error))
  return code === '40P01' || code === '40001'
}

/** A pooler such as PgBouncer refuses settings it does not know when a session starts. */
export function isRefusedSetting(error: unknown): boolean {
  const original = unwrapped(error)
  return (
    codeOf(original) === '08P01' &&
    original instanceof Error &&
    original.message.includes('startup parameter')
  )
}

/** The server takes no writes: it became a standby, or is set so. Nothing was changed. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(unwrapped(error)) === '25006'
}

/** A primary whose sessions may read alone by default (`default_transaction_read_only`) refused a write. */
export class WritesRefused extends Error {
  override readonly name = 'WritesRefused'
  readonly databaseCause = 'read-only'

  constructor(cause: unknown) {
    super('The primary takes no writes by default_transaction_read_only.', { cause })
  }
}

/** The connection was lost before a transaction began: it can be begun on another. */
export class TransactionNotStarted extends Error {
  override readonly name = 'TransactionNotStarted'

  constructor(cause: unknown) {
    super('The connection was lost before the transaction began.', { cause })
  }
}

/** A pooler in transaction mode gave the statement to a session that does not have it prepared. */
export function isStatementLost(error: unknown): boolean {
  const code = codeOf(unwrapped(error))
  return code === '26000' || code === '42P05'
}

/** Whether it is the connection that failed, rather than what was asked over it. */
export function isConnectionFailure(error: unknown): boolean {
  const original = unwrapped(error)
  if (original instanceof ConnectError) return true
  const code = codeOf(original)
  if (code !== undefined && (driverCodes.has(code) || /^(08|57P0)/.test(code))) return true
  // Node's own: refused, reset, unknown host, broken TLS session …
  return original instanceof Error && 'syscall' in original
}

const driverCodes = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
])

/**
 * SQLSTATEs (PostgreSQL, appendix A) by class or in full: connection, authorization, missing database,
 * schema, table, column, function or right, a standby where the primary should be, statements that a pooler lost, deadlock and
 * serialization after retries, no resources, a full NOTIFY queue, lock and statement timeouts, shut
 * down, broken storage.
 */
const unavailableStates =
  /^(08|28|53|58)[0-9A-Z]{3}$|^(3D000|3F000|25006|25P03|26000|40001|40P01|42501|42703|42883|42P01|42P05|54000|55P03|57014|57P0.)$/

function isUnavailability(error: unknown): boolean {
  if (error instanceof DeadlineExceeded || error instanceof UnprovenServerError) return true
  if (error instanceof WritesRefused) return true
  if (isConnectionFailure(error)) return true
  return unavailableStates.test(codeOf(error) ?? '')
}

function unwrapped(error: unknown): unknown {
  const isWrapping = error instanceof DrizzleQueryError || error instanceof TransactionNotStarted
  return isWrapping && error.cause !== undefined ? unwrapped(error.cause) : error
}

import { DrizzleQueryError } from 'drizzle-orm'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { type Cause, causeOf } from './causes.ts'
import { ConnectError, codeOf } from './connection/errors.ts'
import { DeadlineExceeded } from './deadline.ts'
import { UnprovenServerError } from './proof.ts'

/**
 * Converts the failure of a query for its caller: to ServiceUnavailableError if the database cannot
 * answer now. Any other failure is a bug and is returned unchanged. Drizzle's wrapper is removed,
 * because its message repeats the parameters of the query.
 */
export function asFailure(error: unknown): unknown {
  const original = unwrapped(error)
  if (original instanceof LatchkeyError) return original
  if (!isUnavailability(original)) return original
  return new ServiceUnavailableError({ cause: original, reason: causeOf(original) })
}

/** Returns the cause of a failure, whatever error wraps it, or `null` if the cause is unknown. */
export function causeOfFailure(error: unknown): Cause | null {
  const original = unwrapped(error)
  if (original instanceof ServiceUnavailableError) return causeOfFailure(original.cause)
  return causeOf(original)
}

/** Whether the database, or a connection to it, took longer than its time limit. */
export function isTooLate(error: unknown): boolean {
  const original = unwrapped(error)
  if (original instanceof ServiceUnavailableError) return isTooLate(original.cause)
  return causeOf(original) === 'timeout' || codeOf(original) === 'CONNECT_TIMEOUT'
}

/** Whether the same transaction may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(unwrapped(error))
  return code === '40P01' || code === '40001'
}

/**
 * Whether a pooler such as PgBouncer refused a setting that it does not know when the session started.
 */
export function isRefusedSetting(error: unknown): boolean {
  const original = unwrapped(error)
  return (
    codeOf(original) === '08P01' &&
    original instanceof Error &&
    original.message.includes('startup parameter')
  )
}

/**
 * Whether the server refused a write, because it became a standby or its sessions are read-only.
 * Nothing was changed.
 */
export function isReadOnly(error: unknown): boolean {
  return codeOf(unwrapped(error)) === '25006'
}

/** A primary refused a write, because `default_transaction_read_only` is on. */
export class WritesRefused extends Error {
  override readonly name = 'WritesRefused'
  readonly databaseCause = 'read-only'

  constructor(cause: unknown) {
    super('The primary refuses writes: default_transaction_read_only is on.', { cause })
  }
}

/**
 * The connection was lost before a transaction began. The transaction can begin on another connection.
 */
export class TransactionNotStarted extends Error {
  override readonly name = 'TransactionNotStarted'

  constructor(cause: unknown) {
    super('The connection was lost before the transaction began.', { cause })
  }
}

/**
 * Whether a pooler in transaction mode sent a prepared statement to a session that does not have it.
 */
export function isStatementLost(error: unknown): boolean {
  const code = codeOf(unwrapped(error))
  return code === '26000' || code === '42P05'
}

/** Whether the connection failed, rather than the query. */
export function isConnectionFailure(error: unknown): boolean {
  const original = unwrapped(error)
  if (original instanceof ConnectError) return true
  const code = codeOf(original)
  if (code !== undefined && (driverCodes.has(code) || /^(08|57P0)/.test(code))) return true
  // An error of Node: refused, reset, unknown host, broken TLS session …
  return original instanceof Error && 'syscall' in original
}

const driverCodes = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
])

/**
 * SQLSTATEs, by class or in full (PostgreSQL documentation, appendix A): connection, authorization,
 * missing database, schema, table, column, function or right, a standby in place of the primary,
 * statements that a pooler lost, deadlock and serialization failures after retries, lack of resources,
 * a full NOTIFY queue, lock and statement timeouts, shutdown, broken storage.
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

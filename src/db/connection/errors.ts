import { joinHostPort } from '../../net/host-port.ts'
import type { HostTarget } from '../connection-string.ts'

/** The connection is closed. It never reopens. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  readonly code = 'CONNECTION_CLOSED'

  constructor() {
    super('The connection to the database was lost.')
  }
}

/** A file that the connection string names cannot be used. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError'
  readonly databaseCause = 'tls'

  /** @param parameter the parameter that names the file */
  constructor(parameter: string, problem: string, options?: ErrorOptions) {
    super(`${parameter} ${problem}`, options)
  }
}

/** The server does not support TLS, or its certificate does not meet the requirements of `sslmode`. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
  readonly databaseCause = 'tls'
  /** The code of Node, such as `ERR_TLS_CERT_ALTNAME_INVALID`, if there is one. */
  readonly code: string | undefined

  constructor(message: string, cause?: Error & { code?: string }) {
    super(message, cause && { cause })
    this.code = cause?.code
  }
}

/** The server accepted the login, but it is not of the kind that was asked for. */
export class NotAdmitted extends Error {
  override readonly name = 'NotAdmitted'
  readonly databaseCause: 'recovery' | 'read-only' | 'unavailable'

  constructor(message: string, databaseCause: NotAdmitted['databaseCause'] = 'unavailable') {
    super(message)
    this.databaseCause = databaseCause
  }
}

/** The connection or login to one address took too long. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout'
  readonly code = 'CONNECT_TIMEOUT'

  constructor(milliseconds: number) {
    super(`no connection within ${milliseconds} ms`)
  }
}

/** The reason why one address gave no connection. */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly host: string
  readonly port: number
  /** The code of the cause: a SQLSTATE, or a code of Node. */
  readonly code: string | undefined
  override readonly cause: Error

  constructor({ host, port }: HostTarget, address: string | null, cause: unknown) {
    const where = joinHostPort(host, port)
    const error = cause instanceof Error ? cause : new Error(String(cause))
    super(
      `${where}${address === null || address === host ? '' : ` (${address})`}: ${reason(error)}`,
    )
    this.host = host
    this.port = port
    this.cause = error
    this.code = codeOf(error)
  }
}

/**
 * No host gave a connection. `errors` contains the cause of each address, the most informative first.
 */
export class ConnectError extends AggregateError {
  override readonly name = 'ConnectError'
  override readonly errors: HostError[]
  /** The code of the most informative cause. */
  readonly code: string | undefined

  constructor(errors: readonly HostError[]) {
    const sorted = errors.toSorted((one, other) => rank(one.cause) - rank(other.cause))
    super(sorted, `No connection to the database: ${sorted.map((e) => e.message).join('; ')}`)
    this.errors = sorted
    this.code = sorted[0]?.code
    if (sorted[0] !== undefined) this.cause = sorted[0].cause
  }
}

/**
 * Whether the server refused the login: invalid authorization, no such database, no right to connect
 * (PostgreSQL documentation, appendix A). libpq does not try further hosts then either.
 */
export function isRefusedLogin(error: unknown): boolean {
  return /^(?:28...|3D000|42501)$/.test(codeOf(error) ?? '')
}

/** Ranks a cause; lower is more informative. */
function rank(error: Error): number {
  if (isRefusedLogin(error)) return 0
  if (error instanceof TlsFileError || error instanceof TlsError) return 1
  if (error instanceof NotAdmitted) return 3
  if (error instanceof ConnectTimeout) return 4
  if ('syscall' in error) return error.syscall === 'getaddrinfo' ? 6 : 5
  return 2
}

function reason(error: Error): string {
  const code = codeOf(error)
  const known = code === undefined ? undefined : reasons[code]
  return known ?? error.message
}

/** Explanations for readers who do not know the system's error codes. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused (ECONNREFUSED)',
  ECONNRESET: 'connection reset (ECONNRESET)',
  ENOTFOUND: 'host not found (ENOTFOUND)',
  EAI_AGAIN: 'host name lookup failed (EAI_AGAIN)',
  EHOSTUNREACH: 'host unreachable (EHOSTUNREACH)',
  ENETUNREACH: 'network unreachable (ENETUNREACH)',
  CONNECTION_CLOSED: 'the server closed the connection',
}

/** The SQLSTATE of a missing right (PostgreSQL documentation, appendix A). */
export const insufficientPrivilege = '42501'

/** Returns a SQLSTATE, or a code of the driver or of Node. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

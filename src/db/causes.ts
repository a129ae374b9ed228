/** The cause of a database failure, as the log, the metrics and `/readyz` name it. */
export type Cause = keyof typeof sentences

/** The message for each cause: what is wrong, and what to do about it. */
const sentences = {
  password: 'The database refuses the user or the password: check the credentials in the URL.',
  database: 'The database does not exist on that server: create it, or check its name in the URL.',
  host: 'The database cannot be reached: check host and port in the URL, and that it is running.',
  tls: 'The TLS connection to the database failed: check sslmode and sslrootcert in the URL.',
  rights: 'The database role lacks a right: run `latchkey migrate --grant <role>` as the owner.',
  schema: 'The tables of Latchkey are missing or too old: run `latchkey migrate`.',
  'connection-slots':
    'The database has no free connection slot: raise max_connections, or use a pooler.',
  recovery:
    'The server is a standby in recovery: change DATABASE_URL so that it leads to the primary.',
  'read-only':
    'The database refuses writes: connect to the primary, and turn default_transaction_read_only off.',
  'old-timeline':
    'The server is on an older timeline than the primary: stop the old primary, which was replaced and still runs.',
  'stale-server':
    'The server lacks the latest write of this node: check that all connections of DATABASE_URL reach the same primary.',
  'notify-queue':
    'The NOTIFY queue of the database is full: end the listening session that has been in a transaction for too long (pg_stat_activity).',
  storage: 'The database has no disk space or memory left: free some, or add more.',
  pooler:
    'The listening connection goes through a pooler, so this node receives no notifications of changes: set DATABASE_LISTEN_URL to a direct connection.',
  'other-server':
    'The listening connection and the lookups reach different servers or databases: DATABASE_LISTEN_URL must lead to the same primary and database as DATABASE_URL.',
  'change-triggers':
    'The triggers that send notifications of changes are missing or disabled: run `latchkey migrate`.',
  starting: 'The database is starting up or shutting down: wait until it is ready.',
  timeout: 'The database did not answer in time: check its load, its locks and the network.',
  busy: 'All connections of this node to the database are busy: look for slow queries and locks in the database.',
  lost: 'The connection to the database was lost: check that the database is running and that the network is up.',
  unavailable: 'The database cannot be reached, or it cannot answer: check its log.',
} as const

export function describeCause(cause: Cause): string {
  return sentences[cause]
}

/** All causes with their messages, for the documentation. */
export function describeCauses(): readonly (readonly [cause: string, sentence: string])[] {
  return Object.entries(sentences)
}

/**
 * Causes by SQLSTATE (PostgreSQL documentation, appendix A), or by an error code of the driver or of
 * Node.
 */
const byCode: Readonly<Record<string, Cause>> = {
  '28P01': 'password',
  '28000': 'password',
  '3D000': 'database',
  '42501': 'rights',
  '42P01': 'schema',
  '42703': 'schema',
  '42883': 'schema',
  '3F000': 'schema',
  '53300': 'connection-slots',
  '53100': 'storage',
  '53200': 'storage',
  '25006': 'read-only',
  '54000': 'notify-queue',
  '57P01': 'starting',
  '57P02': 'starting',
  '57P03': 'starting',
  '57014': 'timeout',
  '55P03': 'timeout',
  CONNECT_TIMEOUT: 'host',
  ECONNREFUSED: 'host',
  EHOSTUNREACH: 'host',
  ENETUNREACH: 'host',
  ENOTFOUND: 'host',
  EAI_AGAIN: 'host',
  ETIMEDOUT: 'host',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  CONNECTION_CLOSED: 'lost',
  CONNECTION_DESTROYED: 'lost',
  CONNECTION_ENDED: 'lost',
}

/** Causes by the message of PgBouncer, which reports all of them with the same SQLSTATE, 08P01. */
const byMessage: readonly (readonly [RegExp, Cause])[] = [
  [
    /password authentication failed|SASL authentication failed|auth failed|no such user/i,
    'password',
  ],
  [/no such database|database .* does not exist/i, 'database'],
  [
    /no more connections|too many (clients|connections)|remaining connection slots/i,
    'connection-slots',
  ],
  [/certificate|self.signed|TLS|SSL/, 'tls'],
  [/recovery/i, 'recovery'],
]

/** An error that carries its cause. */
export interface Caused {
  readonly databaseCause: Cause
}

/**
 * Returns the cause of a failed connection or query, or `null` if the database did not cause the
 * failure.
 */
export function causeOf(error: unknown): Cause | null {
  if (!(error instanceof Error)) return null
  if ('databaseCause' in error) return (error as Error & Caused).databaseCause
  if (error instanceof AggregateError) return causeOfSeveral(error.errors)
  const { code } = error as { code?: unknown }
  const known = typeof code === 'string' && Object.hasOwn(byCode, code) ? byCode[code] : undefined
  // A standby refuses a write as read-only; only the message shows that it is in recovery.
  if (known === 'read-only' && /recovery/.test(error.message)) return 'recovery'
  if (known !== undefined) return known
  const match = byMessage.find(([pattern]) => pattern.test(error.message))
  if (match !== undefined && code === '08P01') return match[1]
  if (typeof code === 'string' && /^(08|53|57P|58)/.test(code)) return 'unavailable'
  return error.cause === undefined ? null : causeOf(error.cause)
}

/** Chooses among the failures of several hosts. A host that answered gives a more precise cause. */
function causeOfSeveral(errors: readonly unknown[]): Cause | null {
  const causes = errors.map(causeOf).filter((cause) => cause !== null)
  return causes.find((cause) => cause !== 'host') ?? causes[0] ?? null
}

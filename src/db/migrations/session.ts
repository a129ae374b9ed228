import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

/** Values of query parameters. */
export type Parameter = string | number | null

/** One connection to the database, used for one transaction after the other. */
export interface Session {
  /**
   * Runs one statement, or several without parameters.
   *
   * @throws the signal's reason once it is aborted; what runs in the database then is cancelled
   */
  query<Row extends object>(
    statement: string,
    parameters?: readonly Parameter[],
  ): Promise<readonly Row[]>
  /** Commits what `work` does, or nothing where it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  readonly signal?: AbortSignal | undefined
}

/** For the database to be told that nobody waits for a statement any more. Milliseconds. */
const cancelTime = 300

/**
 * A session that keeps no state between transactions, so that a pooler may give each of them another
 * connection of its own: no prepared statements, no settings, no session locks.
 */
export function openSession({ url, applicationName, signal }: SessionOptions): Session {
  let lost = false
  const sql = postgres(url, {
    max: 1,
    prepare: false,
    fetch_types: false,
    connect_timeout: 10,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    // The driver would connect again, in the middle of a transaction too.
    onclose: () => {
      lost = true
    },
    connection: { application_name: applicationName },
  })

  async function query<Row extends object>(
    statement: string,
    parameters: readonly Parameter[] = [],
  ): Promise<readonly Row[]> {
    signal?.throwIfAborted()
    if (lost) throw new SessionLost()
    const running = sql.unsafe<Row[]>(statement, [...parameters])
    const answer = running.then((rows) => rows)
    return await unlessAborted(answer, signal, async () => {
      await Promise.race([cancel(running), sleep(cancelTime)])
      await sql.end({ timeout: 0 })
    })
  }

  async function transaction<T>(work: () => Promise<T>): Promise<T> {
    await query('begin')
    try {
      const answer = await work()
      await query('commit')
      return answer
    } catch (error) {
      // Where the connection or the caller is gone, the transaction is too.
      await query('rollback').catch(() => {})
      throw error
    }
  }

  return { query, transaction, close: () => sql.end({ timeout: 1 }) }
}

/** The driver's own types leave out that it returns a promise. */
async function cancel(running: { cancel(): unknown }): Promise<void> {
  await Promise.resolve(running.cancel()).catch(() => {})
}

async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: () => Promise<void>,
): Promise<T> {
  if (signal === undefined) return await work
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      work.catch(() => {})
      onAbort().finally(() => reject(signal.reason))
    }
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The connection was lost, and with it the transaction that was under way. */
class SessionLost extends Error {
  override readonly name = 'SessionLost'
  readonly code = 'CONNECTION_CLOSED'

  constructor() {
    super('The connection to the database was lost.')
  }
}

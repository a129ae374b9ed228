import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, connect } from '../connect.ts'
import { type ConnectionSource, toTarget } from '../connection-string.ts'
import { type SchemaNames, standardSchema } from '../schema-names.ts'

/** Values of query parameters. */
export type Parameter = string | number | null

/** One connection to the database, used for one transaction after another. */
export interface Session {
  /** The schema that is migrated. */
  readonly schema: SchemaNames
  /**
   * Runs one statement, or several without parameters.
   *
   * @throws the reason of the signal once it is aborted; the statement that is running is then
   *   cancelled
   */
  query<Row extends object>(
    statement: string,
    parameters?: readonly Parameter[],
  ): Promise<readonly Row[]>
  /** Runs `work` in a transaction: commits it, or rolls it back if `work` throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly url: ConnectionSource
  /** Default: `latchkey`. */
  readonly schema?: SchemaNames | undefined
  /** The `application_name` in `pg_stat_activity`. */
  readonly applicationName: string
  readonly signal?: AbortSignal | undefined
}

/** The time limit for cancelling a statement after the caller has aborted. Milliseconds. */
const cancelTime = 300

/**
 * Opens a session that keeps no state between transactions, so that a pooler may run each of them on
 * another connection: no prepared statements, no settings, no session locks.
 */
export function openSession(options: SessionOptions): Session {
  const { url, schema = standardSchema, applicationName, signal } = options
  const target = { ...toTarget(url), prepare: false }
  const open = (name: string) =>
    connect(target, {
      applicationName: name,
      connectTimeout: 10_000,
      requirePrimary: true,
      ...(signal && { signal }),
    })
  let opened: Promise<Connection> | null = null
  /**
   * The process id of the session that runs a statement; a pooler may use another for each transaction.
   */
  let pid: number | null = null

  async function query<Row extends object>(
    statement: string,
    parameters: readonly Parameter[] = [],
  ): Promise<readonly Row[]> {
    signal?.throwIfAborted()
    opened ??= open(applicationName)
    const connection = await opened
    const running = connection.sql.unsafe<Row[]>(statement, [...parameters])
    const answer = running.then((rows) => rows)
    return await unlessAborted(answer, signal, async () => {
      if (pid !== null) await Promise.race([cancel(connection, pid), sleep(cancelTime)])
      connection.destroy()
    })
  }

  /**
   * Cancels a statement: while it waits for a lock, others wait behind it. The connection must lead to
   * the same host, because on another host that process id belongs to another session.
   */
  async function cancel({ host, port }: Connection, pid: number): Promise<void> {
    const hosts = target.hosts.filter((one) => one.host === host && one.port === port)
    try {
      const other = await connect(
        { ...target, hosts },
        {
          applicationName: `${applicationName}-cancel`,
          connectTimeout: cancelTime,
          requirePrimary: true,
        },
      )
      await other.sql.unsafe(`select pg_cancel_backend(${pid})`)
      other.destroy()
    } catch {
      // The server then notices by itself that the connection is closed.
    }
  }

  async function transaction<T>(work: () => Promise<T>): Promise<T> {
    await query('begin')
    try {
      const [session] = await query<{ pid: number }>('select pg_backend_pid() as pid')
      pid = session?.pid ?? null
      const answer = await work()
      await query('commit')
      return answer
    } catch (error) {
      // If the connection is lost, or the caller has aborted, the transaction ends too.
      await query('rollback').catch(() => {})
      throw error
    } finally {
      pid = null
    }
  }

  async function close(): Promise<void> {
    const connection = await opened?.catch(() => null)
    await connection?.close()
  }

  return { schema, query, transaction, close }
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

import { type Connection, connect } from './connect.ts'
import { ConnectionLost } from './connection/errors.ts'
import type { ConnectionTarget } from './connection-string.ts'
import { startDeadline } from './deadline.ts'
import { type Survey, survey } from './proof.ts'
import { type Queries, queriesOn } from './queries.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'

export type { Queries }

export interface LinkOptions {
  readonly target: ConnectionTarget
  /** The schema with the tables. Default: `latchkey`. */
  readonly schema?: SchemaNames
  /** The `application_name` in `pg_stat_activity`. */
  readonly applicationName: string
  /** The time limit for connecting and logging in to one address. Milliseconds. */
  readonly connectTimeout: number
  /**
   * The time after which the server cancels a statement, in milliseconds; `null`: the setting of the
   * server.
   */
  readonly statementTimeout: number | null
  /** Throws to refuse the server of a new connection. If it is given, standbys are skipped. */
  readonly admit?: (survey: Survey) => void
}

/** Prepares statements for a connection. */
export type Prepare<Prepared> = (queries: Queries, reportsCluster: boolean) => Prepared

/** One connection and the statements `prepared` for it. It never reconnects. */
export interface Link<Prepared> {
  /** The prepared statements; `null` until the link is `opened`. */
  readonly prepared: Prepared | null
  /** Rejects if no server can be reached, accepts the login and is admitted. */
  readonly opened: Promise<Prepared>
  /** Whether the link can be used. Once false, it stays false. */
  readonly alive: boolean
  /** The host of the connection and its settings; `null` until the link is `opened`. */
  readonly admitted: Admitted | null
  /** Sets whether the connection keeps the process alive, once it is open. At first it does. */
  keepsProcessAlive(does: boolean): void
  /** Closes the connection at once; the queries that are running fail. */
  destroy(): void
  /** Closes the connection after the queries that are running, or after 5 seconds. */
  close(): Promise<void>
}

interface Admitted extends Pick<Connection, 'host' | 'port' | 'statementTimeout'> {
  /** Whether it leads through a pooler; statements are then not prepared. */
  readonly isPooled: boolean
}

export function openLink<Prepared>(
  options: LinkOptions,
  prepare: Prepare<Prepared>,
): Link<Prepared> {
  const { target, schema = standardSchema, admit, connectTimeout } = options
  const opening = new AbortController()
  let alive = true
  let connection: Connection | null = null
  let prepared: Prepared | null = null
  let isPooled = false
  let isNeeded = true

  function destroy() {
    alive = false
    opening.abort(new ConnectionLost())
    connection?.destroy()
  }

  async function connectTo(to: ConnectionTarget): Promise<Connection> {
    let established: Connection | null = null
    established = await connect(to, {
      applicationName: options.applicationName,
      connectTimeout,
      statementTimeout: options.statementTimeout,
      requirePrimary: admit !== undefined,
      onclose: () => {
        if (connection === established) alive = false
      },
      signal: opening.signal,
    })
    connection = established
    connection.keepsProcessAlive(isNeeded)
    return established
  }

  async function open(): Promise<Prepared> {
    const first = await connectTo(target)
    let surveyed = await surveyOver(first, schema, connectTimeout)
    isPooled = surveyed.pid !== first.backendPid
    if (isPooled && target.prepare) {
      // A pooler sends statements to sessions that have not prepared them.
      await connectTo({ ...target, prepare: false })
      first.destroy()
      surveyed = await surveyOver(connection ?? first, schema, connectTimeout)
    }
    const { queries, reportsCluster, ...serverSurvey } = surveyed
    admit?.(serverSurvey)
    prepared = prepare(queries, reportsCluster)
    return prepared
  }

  const opened = open()
  // Callers that wait for `opened` receive the failure.
  opened.catch(destroy)

  return {
    opened,
    get prepared() {
      return prepared
    },
    get alive() {
      return alive
    },
    get admitted() {
      if (prepared === null || connection === null) return null
      const { host, port, statementTimeout } = connection
      return { host, port, statementTimeout, isPooled }
    },
    keepsProcessAlive(does) {
      isNeeded = does
      connection?.keepsProcessAlive(does)
    },
    destroy,
    async close() {
      opening.abort(new ConnectionLost())
      await connection?.close()
    },
  }
}

/**
 * Surveys the server with a time limit of its own: a caller that stops waiting does not close the link.
 */
async function surveyOver({ sql }: Connection, schema: SchemaNames, timeoutMs: number) {
  const queries = queriesOn(sql, schema)
  const { overdue, stop } = startDeadline(timeoutMs)
  try {
    return { queries, ...(await Promise.race([survey(queries), overdue])) }
  } finally {
    stop()
  }
}

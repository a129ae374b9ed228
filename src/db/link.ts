import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { type Connection, connect } from './connect.ts'
import { ConnectionLost } from './connection/errors.ts'
import type { ConnectionTarget } from './connection-string.ts'
import { startDeadline } from './deadline.ts'
import { type Survey, survey } from './proof.ts'

export type Queries = PostgresJsDatabase

export interface LinkOptions {
  readonly target: ConnectionTarget
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** For an address to be reached and to let us in, milliseconds. */
  readonly connectTimeout: number
  /** After which the server gives a statement up, milliseconds; `null`: the server's own setting. */
  readonly statementTimeout: number | null
  /** May refuse, by throwing, the server that a new connection leads to. With it, standbys are passed over. */
  readonly admit?: (survey: Survey) => void
}

/** Prepares statements for a connection. */
export type Prepare<Prepared> = (queries: Queries, reportsCluster: boolean) => Prepared

/** One connection, with statements `prepared` for it. It is never made again. */
export interface Link<Prepared> {
  /** `null` until it is `opened`. */
  readonly prepared: Prepared | null
  /** Rejects where no server is reached, or none lets us in, or is admitted. */
  readonly opened: Promise<Prepared>
  /** Once it is not, it never is again. */
  readonly alive: boolean
  /** The host that it leads to, and what it was let in with; `null` until it is `opened`. */
  readonly admitted: Admitted | null
  /** Fails what is under way. */
  destroy(): void
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

interface Admitted extends Pick<Connection, 'host' | 'port' | 'statementTimeout'> {
  /** Whether it leads through a pooler, so that statements are not prepared. */
  readonly isPooled: boolean
}

export function openLink<Prepared>(
  options: LinkOptions,
  prepare: Prepare<Prepared>,
): Link<Prepared> {
  const { target, admit, applicationName, connectTimeout, statementTimeout } = options
  const opening = new AbortController()
  let alive = true
  let connection: Connection | null = null
  let prepared: Prepared | null = null
  let isPooled = false

  function destroy() {
    alive = false
    opening.abort(new ConnectionLost())
    connection?.destroy()
  }

  async function connectTo(to: ConnectionTarget): Promise<Connection> {
    let established: Connection | null = null
    established = await connect(to, {
      applicationName,
      connectTimeout,
      statementTimeout,
      requirePrimary: admit !== undefined,
      onclose: () => {
        if (connection === established) alive = false
      },
      signal: opening.signal,
    })
    connection = established
    return established
  }

  async function open(): Promise<Prepared> {
    const first = await connectTo(target)
    let surveyed = await surveyOver(first, connectTimeout)
    isPooled = surveyed.pid !== first.backendPid
    if (isPooled && target.prepare) {
      // A pooler gives statements to sessions that do not have them prepared.
      await connectTo({ ...target, prepare: false })
      first.destroy()
      surveyed = await surveyOver(connection ?? first, connectTimeout)
    }
    const { queries, reportsCluster, ...serverSurvey } = surveyed
    admit?.(serverSurvey)
    prepared = prepare(queries, reportsCluster)
    return prepared
  }

  const opened = open()
  // Whoever waits for it hears of it.
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
    destroy,
    async close() {
      opening.abort(new ConnectionLost())
      await connection?.close()
    },
  }
}

/** Within a time of its own: whoever waits for the link gives up without cutting it. */
async function surveyOver({ sql }: Connection, timeoutMs: number) {
  const queries = drizzle({ client: sql })
  const { overdue, stop } = startDeadline(timeoutMs)
  try {
    return { queries, ...(await Promise.race([survey(queries), overdue])) }
  } finally {
    stop()
  }
}

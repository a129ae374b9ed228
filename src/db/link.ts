import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { type Survey, survey } from './proof.ts'

export type Queries = PostgresJsDatabase

export interface LinkOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** For the server to be reached and let us in, milliseconds. */
  readonly connectTimeout: number
  /** After which the server gives a statement up, milliseconds; `null`: the server's own setting. */
  readonly statementTimeout: number | null
  /** Whether statements are prepared on the server. Default: as the URL says, else true. */
  readonly prepare?: boolean
  /** May refuse, by throwing, the server that a new connection leads to. */
  readonly admit?: (survey: Survey) => void
}

/** Prepares statements for a connection. */
export type Prepare<Prepared> = (queries: Queries, tellsCluster: boolean) => Prepared

/** One connection, with statements `prepared` for it. */
export interface Link<Prepared> {
  /** `null` until it is `opened`. */
  readonly prepared: Prepared | null
  /** Rejects where the server cannot be reached, lets us not in, or is not admitted. */
  readonly opened: Promise<Prepared>
  /** Once it is not, it never is again. */
  readonly alive: boolean
  /** Fails what is under way. */
  cut(): void
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

/**
 * A driver's client for one connection and no longer than that lasts. The driver's own pool would
 * reconnect, but a query of a transaction that comes after its connection closed ends the process
 * there (porsager/postgres issues 1154 and 1208), and what was not yet written stays in the way of
 * the next connection. Here such a query is refused before the driver sees it.
 */
export function openLink<Prepared>(
  options: LinkOptions,
  prepare: Prepare<Prepared>,
): Link<Prepared> {
  let alive = true
  let prepared: Prepared | null = null
  const sql = postgres(options.url, {
    max: 1,
    connect_timeout: options.connectTimeout / 1000,
    idle_timeout: 300,
    // Drizzle reads and writes arrays itself; this saves a query.
    fetch_types: false,
    onnotice: () => {},
    onclose: cut,
    ...(options.prepare !== undefined && { prepare: options.prepare }),
    connection: {
      application_name: options.applicationName,
      TimeZone: 'UTC',
      ...(options.statementTimeout !== null && { statement_timeout: options.statementTimeout }),
    },
  })
  const unsafe: typeof sql.unsafe = (...query) => {
    if (!alive) throw new ConnectionLost()
    return sql.unsafe(...query)
  }
  const client: postgres.Sql = Object.create(sql, { unsafe: { value: unsafe } })

  function cut() {
    alive = false
    void sql.end({ timeout: 0 })
  }

  async function open(): Promise<Prepared> {
    const queries = drizzle({ client })
    const { tellsCluster, ...told } = await survey(queries)
    options.admit?.(told)
    prepared = prepare(queries, tellsCluster)
    return prepared
  }
  const opened = open()
  // Whoever waits for it hears of it.
  opened.catch(cut)

  return {
    opened,
    get prepared() {
      return prepared
    },
    get alive() {
      return alive
    },
    cut,
    close: () => sql.end({ timeout: 5 }),
  }
}

/** The connection is closed. */
export class ConnectionLost extends Error {
  readonly code = 'CONNECTION_CLOSED'

  constructor() {
    super('The connection to the database was lost.')
    this.name = 'ConnectionLost'
  }
}

import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

export type Queries = PostgresJsDatabase

export interface LinkOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** For the server to be reached and let us in, milliseconds. */
  readonly connectTimeout: number
  /** After which the server gives a statement up, milliseconds; `null`: the server's own setting. */
  readonly statementTimeout: number | null
}

/** One connection, made when the first query comes, with statements `prepared` for it. */
export interface Link<Prepared> {
  readonly prepared: Prepared
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
  prepare: (queries: Queries) => Prepared,
): Link<Prepared> {
  let alive = true
  const sql = postgres(options.url, {
    max: 1,
    connect_timeout: options.connectTimeout / 1000,
    idle_timeout: 300,
    // Drizzle reads and writes arrays itself; this saves a query.
    fetch_types: false,
    onnotice: () => {},
    onclose: cut,
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

  return {
    prepared: prepare(drizzle({ client })),
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

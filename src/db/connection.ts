import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { asFailure, DeadlineExceeded, isRefusedSetting } from './failures.ts'

export type Queries = PostgresJsDatabase
/** The queries of one transaction. */
export type Transaction = Parameters<Parameters<Queries['transaction']>[0]>[0]

export interface PoolOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** Connections at most. */
  readonly size: number
  /** For the server to be reached and let us in, milliseconds. */
  readonly connectTimeout: number
  /** After which the server gives a statement up, milliseconds. */
  readonly statementTimeout: number
}

/** Rejects when an answer is overdue, until it is stopped. */
export interface Watch {
  readonly overdue: Promise<never>
  stop(): void
}

/** Connections, with statements `prepared` for them. */
export interface Pool<Prepared> {
  /** @throws ServiceUnavailableError when the database cannot answer, or not before it is overdue */
  run<T>(work: (prepared: Prepared) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * A pool that is thrown away and made anew when an answer is overdue: a connection that the network
 * swallowed looks like one that is merely slow, for as long as TCP keeps trying.
 */
export function createPool<Prepared>(
  options: PoolOptions,
  prepare: (queries: Queries) => Prepared,
  watch: () => Watch,
): Pool<Prepared> {
  let settings = true
  let current = open()

  function open() {
    const sql = connect(options, settings)
    return { sql, prepared: prepare(drizzle(sql)) }
  }

  function replace(old: typeof current) {
    if (old !== current) return
    current = open()
    void old.sql.end({ timeout: 0 })
  }

  async function run<T>(work: (prepared: Prepared) => Promise<T>): Promise<T> {
    const used = current
    const { overdue, stop } = watch()
    try {
      return await Promise.race([work(used.prepared), overdue])
    } catch (error) {
      if (error instanceof DeadlineExceeded) replace(used)
      if (isRefusedSetting(error) && (settings || used !== current)) {
        settings = false
        replace(used)
        return run(work)
      }
      throw asFailure(error)
    } finally {
      stop()
    }
  }

  return { run, close: () => current.sql.end({ timeout: 5 }) }
}

function connect(options: PoolOptions, settings: boolean): postgres.Sql {
  return postgres(options.url, {
    max: options.size,
    connect_timeout: options.connectTimeout / 1000,
    idle_timeout: 300,
    // Quick to find the database back: the driver's own delays grow to 20 seconds.
    backoff: (attempts) => Math.min(0.05 * attempts, 0.25),
    // Drizzle reads and writes arrays itself; this saves a query for each connection.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName,
      TimeZone: 'UTC',
      ...(settings && { statement_timeout: options.statementTimeout }),
    },
  })
}

/** An answer is overdue after so many milliseconds. */
export function deadline(milliseconds: number): Watch {
  const { promise, reject } = withReject()
  const timer = setTimeout(() => reject(new DeadlineExceeded(milliseconds)), milliseconds)
  return { overdue: promise, stop: () => clearTimeout(timer) }
}

/**
 * An answer may take up to `limit` milliseconds while the database answers `ping`, which is asked
 * every `interval` milliseconds and has 400 for it: a long list is no outage.
 */
export function deadlineUnlessAlive(
  ping: () => Promise<void>,
  interval: number,
  limit: number,
): Watch {
  const { promise, reject } = withReject()
  const started = performance.now()
  let timer = setTimeout(check, interval)
  let stopped = false

  async function check() {
    if (performance.now() - started >= limit) return reject(new DeadlineExceeded(limit))
    const alive = deadline(400)
    try {
      await Promise.race([ping(), alive.overdue])
    } catch {
      return reject(new DeadlineExceeded(interval))
    } finally {
      alive.stop()
    }
    if (!stopped) timer = setTimeout(check, interval)
  }
  const stop = () => {
    stopped = true
    clearTimeout(timer)
  }
  return { overdue: promise, stop }
}

function withReject(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => {}
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise
  })
  return { promise, reject }
}

import type { Socket } from 'node:net'
import postgres from 'postgres'
import type { ConnectionTarget, HostTarget } from '../connection-string.ts'
import { ConnectionLost } from './errors.ts'

export interface SessionOptions {
  readonly applicationName: string
  /** The statement timeout in milliseconds; `null`: the setting of the server. */
  readonly statementTimeout: number | null
  /** Called once, when the connection has ended, for any reason. */
  readonly onclose: () => void
  readonly onnotify: ((channel: string, payload: string) => void) | null
}

/** The client of the driver on a socket that this module opened, and on no other socket. */
export interface Session {
  readonly sql: postgres.Sql
  /** Whether the session is open. Once false, it stays false. */
  readonly alive: boolean
  /** Whether the open connection keeps the process alive. At first it does. */
  keepsProcessAlive(does: boolean): void
  /** Closes the connection at once; the queries that are running fail. */
  destroy(): void
  /** Closes the connection after the queries that are running, or after 5 seconds. */
  close(): Promise<void>
}

/**
 * Passes `socket` to the driver. The driver would reconnect when its connection is lost, perhaps to
 * another server. It gets no second socket, so every query after that is rejected.
 */
export function startSession(
  socket: Socket,
  target: ConnectionTarget,
  { host, port }: HostTarget,
  options: SessionOptions,
): Session {
  let alive = true
  let taken = false
  const markDead = () => {
    alive = false
  }
  // These listeners come before those of the driver, so that it gets no query for which it would find
  // no socket.
  socket.once('error', markDead)
  socket.once('close', markDead)

  // The driver documents these options (except `onnotify`, on which its `listen` is built), but its
  // types lack them. It uses host and port in messages only.
  const onnotify = options.onnotify ?? undefined
  const untyped: object = { host: [host], port: [port], socket: takeSocket, onnotify }
  const sql = withoutVariable('PGTARGETSESSIONATTRS', () =>
    postgres({ ...driverOptions(target, options), onclose: ended, ...untyped }),
  )

  function takeSocket(): Socket {
    if (taken || socket.destroyed) throw new ConnectionLost()
    taken = true
    return socket
  }

  let hasEnded = false
  function ended(): void {
    if (hasEnded) return
    hasEnded = true
    alive = false
    // Rejects queued and future queries.
    void sql.end({ timeout: 0 })
    options.onclose()
  }

  return {
    sql: fenced(sql, sql, () => alive),
    get alive() {
      return alive
    },
    keepsProcessAlive(does) {
      if (does) socket.ref()
      else socket.unref()
    },
    destroy() {
      alive = false
      socket.destroy()
      void sql.end({ timeout: 0 })
    },
    async close() {
      await sql.end({ timeout: 5 })
      // The server may not have answered.
      socket.destroy()
    },
  }
}

function driverOptions(
  target: ConnectionTarget,
  { applicationName, statementTimeout }: SessionOptions,
): postgres.Options<Record<string, never>> {
  return {
    max: 1,
    user: target.user,
    // A function is used even if it returns an empty password. For an empty string the driver would
    // read an environment variable.
    password: () =>
      typeof target.password === 'function' ? target.password() : (target.password ?? ''),
    database: target.database,
    ssl: false,
    prepare: target.prepare,
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: null,
    keep_alive: 60,
    // Drizzle reads and writes arrays itself; `false` saves a query.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: applicationName,
      TimeZone: 'UTC',
      ...(statementTimeout !== null && { statement_timeout: statementTimeout }),
      ...(target.options !== null && { options: target.options }),
    },
  }
}

/**
 * Protects the process: a query of a transaction that comes after its connection has closed makes the
 * driver throw outside of any promise (porsager/postgres issues 1154 and 1208). From then on such
 * queries go to `root`, which rejects them like all others.
 */
function fenced<T extends postgres.Sql>(sql: T, root: postgres.Sql, isAlive: () => boolean): T {
  type Call = (...parameters: unknown[]) => unknown
  const here = () => (isAlive() ? sql : root)
  const query: Call = (...parameters) => rowsFromFirst((here() as unknown as Call)(...parameters))
  const unsafe: Call = (...parameters) => rowsFromFirst((here().unsafe as Call)(...parameters))
  const inside =
    (begin: Call): Call =>
    (...parameters) =>
      begin(
        ...parameters.map((parameter) =>
          typeof parameter === 'function'
            ? (transaction: postgres.Sql) => parameter(fenced(transaction, root, isAlive))
            : parameter,
        ),
      )
  const reserve = async () => fenced(await root.reserve(), root, isAlive)
  const { begin, savepoint } = sql as unknown as { begin?: Call; savepoint?: Call }
  return Object.setPrototypeOf(
    Object.assign(query, {
      unsafe,
      reserve,
      ...(begin && { begin: inside(begin) }),
      ...(savepoint && { savepoint: inside(savepoint) }),
    }),
    sql,
  )
}

/**
 * Makes a query of the driver return its rows from the index 0. If a statement fails after the server has
 * sent rows of it, such as at a timeout, the driver puts the rows of the next query of the connection
 * after as many holes (porsager/postgres issue 1181).
 *
 * @returns `query`
 */
function rowsFromFirst(query: unknown): unknown {
  if (!(query instanceof Promise)) return query
  const then: Promise<unknown>['then'] = query.then.bind(query)
  // biome-ignore lint/suspicious/noThenProperty: the query is a promise already
  query.then = (fulfilled, rejected) =>
    then((result: unknown) => {
      // The results of several statements are in an array without `command`; only the first can have holes.
      const first: unknown = Array.isArray(result) && !('command' in result) ? result[0] : result
      if (Array.isArray(first)) removeLeadingHoles(first)
      return fulfilled ? fulfilled(result) : (result as never)
    }, rejected)
  return query
}

function removeLeadingHoles(rows: unknown[]): void {
  if (rows.length === 0 || 0 in rows) return
  rows.splice(
    0,
    rows.findIndex((_, index) => index in rows),
  )
}

/**
 * Hides an environment variable while `work` runs: the driver reads it if an option is omitted, and no
 * setting prevents that.
 */
function withoutVariable<T>(name: string, work: () => T): T {
  const value = process.env[name]
  delete process.env[name]
  try {
    return work()
  } finally {
    if (value !== undefined) process.env[name] = value
  }
}

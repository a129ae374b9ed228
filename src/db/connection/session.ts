import type { Socket } from 'node:net'
import postgres from 'postgres'
import type { ConnectionTarget, HostTarget } from '../connection-string.ts'
import { ConnectionLost } from './errors.ts'

export interface SessionOptions {
  readonly applicationName: string
  /** Milliseconds; `null`: the server's own setting. */
  readonly statementTimeout: number | null
  /** Called once, when the connection has ended, for whatever reason. */
  readonly onclose: () => void
  readonly onnotify: ((channel: string, payload: string) => void) | null
}

/** The driver's client on a socket of ours, and on no other. */
export interface Session {
  readonly sql: postgres.Sql
  /** Once it is not, it never is again. */
  readonly alive: boolean
  /** Ends the connection at once, and fails what is under way. */
  destroy(): void
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

/**
 * Gives `socket` to the driver. The driver would connect again when its connection is lost, perhaps to
 * another server: it gets no second socket, so every query from then on is rejected.
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
  // Before the driver's own listeners, so that nothing comes to it that would find no socket.
  socket.once('error', markDead)
  socket.once('close', markDead)

  // The driver documents these (but for `onnotify`, which its own `listen` is built on), and its types
  // lack them. Host and port are for its messages alone.
  const onnotify = options.onnotify ?? undefined
  const untyped: object = { host: [host], port: [port], socket: takeSocket, onnotify }
  const sql = withoutVariable('PGTARGETSESSIONATTRS', () =>
    postgres({
      max: 1,
      user: target.user,
      // As a function it counts when it is empty too, and no variable takes its place.
      password: () => target.password ?? '',
      database: target.database,
      ssl: false,
      prepare: target.prepare,
      connect_timeout: 0,
      idle_timeout: 0,
      max_lifetime: null,
      keep_alive: 60,
      // Drizzle reads and writes arrays itself; this saves a query.
      fetch_types: false,
      onnotice: () => {},
      onclose: ended,
      connection: {
        application_name: options.applicationName,
        TimeZone: 'UTC',
        ...(options.statementTimeout !== null && { statement_timeout: options.statementTimeout }),
        ...(target.options !== null && { options: target.options }),
      },
      ...untyped,
    }),
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
    // Rejects what the driver still has in a queue, and what comes.
    void sql.end({ timeout: 0 })
    options.onclose()
  }

  return {
    sql: fenced(sql, sql, () => alive),
    get alive() {
      return alive
    },
    destroy() {
      alive = false
      socket.destroy()
      void sql.end({ timeout: 0 })
    },
    async close() {
      await sql.end({ timeout: 5 })
      // The other side may not have answered.
      socket.destroy()
    },
  }
}

/**
 * The driver ends the process by a query of a transaction that comes after its connection closed
 * (porsager/postgres issues 1154 and 1208). From then on such queries go to the `root`, which rejects
 * them as it does all others.
 */
function fenced<T extends postgres.Sql>(sql: T, root: postgres.Sql, isAlive: () => boolean): T {
  type Call = (...parameters: unknown[]) => unknown
  const here = () => (isAlive() ? sql : root)
  const query: Call = (...parameters) => (here() as unknown as Call)(...parameters)
  const unsafe: Call = (...parameters) => (here().unsafe as Call)(...parameters)
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

/** The driver takes this variable where an option is left out, and cannot be told not to. */
function withoutVariable<T>(name: string, work: () => T): T {
  const value = process.env[name]
  delete process.env[name]
  try {
    return work()
  } finally {
    if (value !== undefined) process.env[name] = value
  }
}

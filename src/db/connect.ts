import type postgres from 'postgres'
import { type Address, addressesOf, inOrder } from './connection/addresses.ts'
import type { ServerKind } from './connection/admission.ts'
import { attempt } from './connection/attempt.ts'
import { ConnectError, ConnectTimeout, HostError, isRefusedLogin } from './connection/errors.ts'
import { loadTls, type TlsOptionsFor } from './connection/tls.ts'
import type { ConnectionTarget, HostTarget, TargetSessionAttrs } from './connection-string.ts'

export interface ConnectOptions {
  /** The `application_name` in `pg_stat_activity`. */
  readonly applicationName: string
  /**
   * The time limit for connecting and logging in to one address, in milliseconds. The `connect_timeout`
   * of the connection string applies if it is shorter.
   */
  readonly connectTimeout: number
  /** Skips servers in recovery, whatever `target_session_attrs` says. Default: false. */
  readonly requirePrimary?: boolean
  /**
   * The time after which the server cancels a statement, in milliseconds. Default `null`: the setting
   * of the server.
   */
  readonly statementTimeout?: number | null
  /** Called once, when a returned connection has ended, for any reason. */
  readonly onclose?: () => void
  /** Called with each notification (LISTEN). */
  readonly onnotify?: (channel: string, payload: string) => void
  /**
   * Whether connecting, and then the open connection, keep the process alive. Default: true. The connection
   * can change it later.
   */
  readonly keepsProcessAlive?: boolean
  /** Cancels connecting. It has no effect on a connection that was returned. */
  readonly signal?: AbortSignal
}

/** One session on one server. It never reconnects: when it has ended, every query is rejected. */
export interface Connection extends ServerKind {
  /**
   * The client. `listen`, `subscribe` and `cancel()` of a query fail, because they need connections of
   * their own.
   */
  readonly sql: postgres.Sql
  /** Whether the session is open. Once false, it stays false. */
  readonly alive: boolean
  readonly host: string
  readonly port: number
  /**
   * The statement timeout in milliseconds. `null` also if a pooler refused it: the next connection must
   * not ask for one.
   */
  readonly statementTimeout: number | null
  /** Sets whether the open connection keeps the process alive. */
  keepsProcessAlive(does: boolean): void
  /** Closes the connection at once; the queries that are running fail. */
  destroy(): void
  /** Closes the connection after the queries that are running, or after 5 seconds. */
  close(): Promise<void>
}

/**
 * Connects to the first host that can be reached, accepts the login and is of the kind that
 * `target_session_attrs` asks for. Every address of a host is tried. As with libpq, no further host is
 * tried once a server has refused the login.
 *
 * @throws ConnectError with the cause of each address
 * @throws the reason of the signal when it is aborted
 */
export async function connect(
  target: ConnectionTarget,
  options: ConnectOptions,
): Promise<Connection> {
  const { signal } = options
  signal?.throwIfAborted()
  const hosts = inOrder(target.hosts, target.loadBalanceHosts)
  const tls = await loadTls(target.tls).catch((error: unknown) => {
    throw new ConnectError(hosts.slice(0, 1).map((host) => new HostError(host, null, error)))
  })
  let failures: HostError[] = []
  for (const attributes of passes(target)) {
    failures = []
    for (const host of hosts) {
      const connection = await tryHost({ target, host, tls, attributes, options, failures })
      if (connection !== null) return connection
    }
  }
  throw new ConnectError(failures)
}

/** `prefer-standby` tries the hosts a second time, and then accepts a server of any kind. */
function passes({ targetSessionAttrs }: ConnectionTarget): readonly TargetSessionAttrs[] {
  return targetSessionAttrs === 'prefer-standby' ? ['standby', 'any'] : [targetSessionAttrs]
}

interface HostAttempt {
  readonly target: ConnectionTarget
  readonly host: HostTarget
  readonly tls: TlsOptionsFor | null
  readonly attributes: TargetSessionAttrs
  readonly options: ConnectOptions
  /** The failures of the addresses that were tried so far. Each further failure is added. */
  readonly failures: HostError[]
}

/**
 * Tries every address of a host. Returns `null` if none gave a connection.
 *
 * @throws ConnectError if the server refused the login
 */
async function tryHost({ failures, ...parameters }: HostAttempt): Promise<Connection | null> {
  const { target, host, options } = parameters
  const limit = Math.min(options.connectTimeout, target.connectTimeout ?? options.connectTimeout)
  const limited = <T>(address: Address | null, work: (signal: AbortSignal) => Promise<T>) =>
    withinTime(limit, options, work).catch((error: unknown) => {
      options.signal?.throwIfAborted()
      failures.push(new HostError(host, address?.name ?? null, error))
      return null
    })
  const addresses = await limited(null, () => addressesOf(host, target.loadBalanceHosts))
  for (const address of addresses ?? []) {
    const connection = await limited(address, (signal) =>
      attempt({ ...parameters, address, signal }),
    )
    if (connection !== null) return connection
    if (isRefusedLogin(failures.at(-1)?.cause)) throw new ConnectError(failures)
  }
  return null
}

/**
 * Runs `work` with a time limit. Aborts the signal of `work` and rejects when the limit has passed or the
 * signal of the options is aborted.
 */
async function withinTime<T>(
  milliseconds: number,
  { signal: outer, keepsProcessAlive = true }: ConnectOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  // Data that has arrived by then is read first: in a busy process the timer would come before it.
  const onTimeout = () => setImmediate(() => controller.abort(new ConnectTimeout(milliseconds)))
  const timer = setTimeout(onTimeout, milliseconds)
  if (!keepsProcessAlive) timer.unref()
  outer?.addEventListener('abort', abort)
  if (outer?.aborted) abort()
  const { signal } = controller
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    if (signal.aborted) reject(signal.reason)
  })
  try {
    return await Promise.race([work(signal), aborted])
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', abort)
  }
}

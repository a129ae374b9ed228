import type postgres from 'postgres'
import { type Address, addressesOf, inOrder } from './connection/addresses.ts'
import type { ServerKind } from './connection/admission.ts'
import { attempt } from './connection/attempt.ts'
import { ConnectError, ConnectTimeout, HostError, isRefusedLogin } from './connection/errors.ts'
import { loadTls, type TlsOptionsFor } from './connection/tls.ts'
import type { ConnectionTarget, HostTarget, TargetSessionAttrs } from './connection-string.ts'

export interface ConnectOptions {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /**
   * For one address to be reached and to let us in, milliseconds. The connection string's
   * `connect_timeout` counts where it is shorter.
   */
  readonly connectTimeout: number
  /** Passes over servers in recovery, whatever `target_session_attrs` says. Default: false. */
  readonly requirePrimary?: boolean
  /** After which the server gives a statement up, milliseconds. Default `null`: its own setting. */
  readonly statementTimeout?: number | null
  /** Called once, when a connection that was handed out has ended, for whatever reason. */
  readonly onclose?: () => void
  /** Called with each notification (LISTEN). */
  readonly onnotify?: (channel: string, payload: string) => void
  /** Gives up connecting; it has no effect on a connection that was handed out. */
  readonly signal?: AbortSignal
}

/** One session on one server. It is never made again: when it has ended, every query is rejected. */
export interface Connection extends ServerKind {
  /** `listen`, `subscribe` and `cancel()` of a query need connections of their own, and fail. */
  readonly sql: postgres.Sql
  /** Once it is not, it never is again. */
  readonly alive: boolean
  readonly host: string
  readonly port: number
  /** Milliseconds; `null` also where a pooler refused it: ask for none next time. */
  readonly statementTimeout: number | null
  /** Ends it at once, and fails what is under way. */
  destroy(): void
  /** Lets what is under way finish, up to 5 seconds. */
  close(): Promise<void>
}

/**
 * Connects to the first host that is reached, lets us in and is of the kind that
 * `target_session_attrs` asks for. Every address of a host is tried. As with libpq, no further host is
 * tried once a server has refused the login.
 *
 * @throws ConnectError with the cause of each address
 * @throws the signal's reason when it is aborted
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

/** `prefer-standby` goes through the hosts a second time, where any will do. */
function passes({ targetSessionAttrs }: ConnectionTarget): readonly TargetSessionAttrs[] {
  return targetSessionAttrs === 'prefer-standby' ? ['standby', 'any'] : [targetSessionAttrs]
}

interface HostAttempt {
  readonly target: ConnectionTarget
  readonly host: HostTarget
  readonly tls: TlsOptionsFor | null
  readonly attributes: TargetSessionAttrs
  readonly options: ConnectOptions
  /** What was tried so far, to be added to. */
  readonly failures: HostError[]
}

/**
 * `null` where no address gave a connection.
 *
 * @throws ConnectError where a login was refused
 */
async function tryHost({ failures, ...how }: HostAttempt): Promise<Connection | null> {
  const { target, host, options } = how
  const limit = Math.min(options.connectTimeout, target.connectTimeout ?? options.connectTimeout)
  const limited = <T>(address: Address | null, work: (signal: AbortSignal) => Promise<T>) =>
    withinTime(limit, options.signal, work).catch((error: unknown) => {
      options.signal?.throwIfAborted()
      failures.push(new HostError(host, address?.name ?? null, error))
      return null
    })
  const addresses = await limited(null, () => addressesOf(host, target.loadBalanceHosts))
  for (const address of addresses ?? []) {
    const connection = await limited(address, (signal) => attempt({ ...how, address, signal }))
    if (connection !== null) return connection
    if (isRefusedLogin(failures.at(-1)?.cause)) throw new ConnectError(failures)
  }
  return null
}

/** Rejects, and has `work` give up by its signal, when it takes longer or `outer` is aborted. */
async function withinTime<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  // What has arrived by then is read first: in a busy process the timer would come before it.
  const onTimeout = () => setImmediate(() => controller.abort(new ConnectTimeout(milliseconds)))
  const timer = setTimeout(onTimeout, milliseconds)
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

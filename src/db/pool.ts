import { ConnectionLost } from './connection/errors.ts'
import { type Deadline, DeadlineExceeded } from './deadline.ts'
import {
  asFailure,
  isConnectionFailure,
  isReadOnly,
  isStatementLost,
  TransactionNotStarted,
} from './failures.ts'
import type { Prepare } from './link.ts'
import { createPooledLinks, type PoolLinkOptions } from './pooled-links.ts'
import { UnprovenServerError } from './proof.ts'

/** Connections, each with statements `prepared` for it. */
export interface Pool<Prepared> {
  /** @throws ServiceUnavailableError if the database cannot answer, or not before the deadline */
  run<T>(work: (prepared: Prepared) => Promise<T>, options?: RunOptions): Promise<T>
  /**
   * Closes the connections after the work that is running, or after 5 seconds. From then on `run`
   * rejects.
   */
  close(): Promise<void>
}

export interface RunOptions {
  /** Whether `work` may run again if its connection was lost, because it only reads. Default: false. */
  readonly repeatable?: boolean
  /**
   * Runs `work` on a new connection. If it succeeds, all other connections are replaced, because they
   * may have begun with other settings. Default: false.
   */
  readonly useNewConnection?: boolean
  /** Starts the time limit of `work`. Default: that of the pool. */
  readonly startDeadline?: () => Deadline
}

export interface PoolOptions<Prepared> {
  readonly link: PoolLinkOptions
  /** The maximum number of connections. */
  readonly size: number
  readonly prepare: Prepare<Prepared>
  /** Starts the time limit of `work`. */
  readonly startDeadline: () => Deadline
  /** Called with the outcome of each call of `run`. Default: no call. */
  readonly observer?: { failed(error: unknown): void; succeeded(): void }
}

/**
 * Creates a pool. A connection is closed when it fails, when its server turns out not to be the
 * primary, and also when an answer is overdue: while TCP retransmits, a connection that the network has
 * dropped looks merely slow. The next work gets a new connection.
 */
export function createPool<Prepared>(options: PoolOptions<Prepared>): Pool<Prepared> {
  const { size, prepare, observer } = options
  const links = createPooledLinks(size, options.link, prepare)
  let closed = false

  async function attempt<T>(
    work: (prepared: Prepared) => Promise<T>,
    overdue: Promise<never>,
    useNewConnection: boolean,
  ) {
    // A connection that is opened now would never be closed.
    if (closed) throw new ConnectionLost()
    const { link, release } = useNewConnection ? links.acquireNew() : links.acquire()
    try {
      const prepared = link.prepared ?? (await Promise.race([link.opened, overdue]))
      const answer = await Promise.race([work(prepared), overdue])
      if (useNewConnection) links.renewAll()
      return answer
    } catch (error) {
      // A connection that is being opened has a time limit of its own.
      const isOpening = link.prepared === null && error instanceof DeadlineExceeded
      if (endsConnection(error) && !isOpening) link.destroy()
      // The others lead to the same server. What they read still counts.
      if (isReadOnly(error)) links.renewAll()
      throw error
    } finally {
      release()
    }
  }

  /**
   * Returns whether `error` occurred before anything was changed, for a reason that another attempt can
   * avoid.
   */
  function canAvoid(error: unknown): boolean {
    if (isStatementLost(error)) {
      links.stopPreparing()
      return true
    }
    return isOfServer(error)
  }

  async function run<T>(
    work: (prepared: Prepared) => Promise<T>,
    {
      repeatable = false,
      useNewConnection = false,
      startDeadline = options.startDeadline,
    }: RunOptions = {},
  ): Promise<T> {
    const { overdue, stop } = startDeadline()
    try {
      const answer = await attempt(work, overdue, useNewConnection).catch((error: unknown) => {
        if (canAvoid(error) || (repeatable && isConnectionFailure(error))) {
          return attempt(work, overdue, useNewConnection)
        }
        throw error
      })
      observer?.succeeded()
      return answer
    } catch (error) {
      // A query that `close` interrupted is not a failure of the database.
      if (!closed) observer?.failed(error)
      throw asFailure(error)
    } finally {
      stop()
    }
  }

  return {
    run,
    close: async () => {
      closed = true
      await links.close()
    },
  }
}

/** Whether the server refused to begin, because it is not the primary. */
function isOfServer(error: unknown): boolean {
  return (
    isReadOnly(error) ||
    error instanceof TransactionNotStarted ||
    error instanceof UnprovenServerError
  )
}

function endsConnection(error: unknown): boolean {
  return (
    error instanceof DeadlineExceeded ||
    error instanceof UnprovenServerError ||
    isReadOnly(error) ||
    isStatementLost(error) ||
    isConnectionFailure(error)
  )
}

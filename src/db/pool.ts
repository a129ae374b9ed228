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

/** Connections, with statements `prepared` for each. */
export interface Pool<Prepared> {
  /** @throws ServiceUnavailableError when the database cannot answer, or not before it is overdue */
  run<T>(work: (prepared: Prepared) => Promise<T>, options?: RunOptions): Promise<T>
  /** Lets what is under way finish, up to 5 seconds. From then on `run` is rejected. */
  close(): Promise<void>
}

export interface RunOptions {
  /** `work` may be done again where its connection was lost: it only reads. Default: false. */
  readonly repeatable?: boolean
  /**
   * On a connection that is made for it. Where `work` succeeds, all others are made anew: they may have
   * begun with other settings. Default: false.
   */
  readonly onNewConnection?: boolean
  /** Starts the time that `work` may take. Default: the pool's. */
  readonly startDeadline?: () => Deadline
}

export interface PoolOptions<Prepared> {
  readonly link: PoolLinkOptions
  /** Connections at most. */
  readonly size: number
  readonly prepare: Prepare<Prepared>
  /** Starts the time that `work` may take. */
  readonly startDeadline: () => Deadline
  /** Told how each attempt ended. Default: nothing is. */
  readonly observer?: { failed(error: unknown): void; succeeded(): void }
}

/**
 * A connection is given up when it fails, when its server proves not to be the primary, and also when an
 * answer is overdue: one that the network swallowed looks merely slow for as long as TCP keeps trying.
 * The next work gets a new one.
 */
export function createPool<Prepared>(options: PoolOptions<Prepared>): Pool<Prepared> {
  const { size, prepare, observer } = options
  const links = createPooledLinks(size, options.link, prepare)
  let closed = false

  async function attempt<T>(
    work: (prepared: Prepared) => Promise<T>,
    overdue: Promise<never>,
    onNewConnection: boolean,
  ) {
    // Nobody would close a connection that is opened now.
    if (closed) throw new ConnectionLost()
    const { link, release } = onNewConnection ? links.acquireNew() : links.acquire()
    try {
      const prepared = link.prepared ?? (await Promise.race([link.opened, overdue]))
      const answer = await Promise.race([work(prepared), overdue])
      if (onNewConnection) links.renewAll()
      return answer
    } catch (error) {
      // A connection that is being made has a time limit of its own.
      const isOpening = link.prepared === null && error instanceof DeadlineExceeded
      if (endsConnection(error) && !isOpening) link.destroy()
      // The others lead to the same server. What they read counts.
      if (isReadOnly(error)) links.renewAll()
      throw error
    } finally {
      release()
    }
  }

  /** Whether `error` came before anything was changed, for a reason that another attempt can avoid. */
  function canAvoid(error: unknown): boolean {
    if (isStatementLost(error)) {
      links.stopPreparing()
      return true
    }
    return (
      isReadOnly(error) ||
      error instanceof TransactionNotStarted ||
      error instanceof UnprovenServerError
    )
  }

  async function run<T>(
    work: (prepared: Prepared) => Promise<T>,
    {
      repeatable = false,
      onNewConnection = false,
      startDeadline = options.startDeadline,
    }: RunOptions = {},
  ): Promise<T> {
    const { overdue, stop } = startDeadline()
    try {
      const answer = await attempt(work, overdue, onNewConnection).catch((error: unknown) => {
        if (canAvoid(error) || (repeatable && isConnectionFailure(error))) {
          return attempt(work, overdue, onNewConnection)
        }
        throw error
      })
      observer?.succeeded()
      return answer
    } catch (error) {
      // What `close` gave up is no failure of the database.
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

function endsConnection(error: unknown): boolean {
  return (
    error instanceof DeadlineExceeded ||
    error instanceof UnprovenServerError ||
    isReadOnly(error) ||
    isStatementLost(error) ||
    isConnectionFailure(error)
  )
}

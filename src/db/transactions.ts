import { sql } from 'drizzle-orm'
import { DeadlineExceeded, startDeadline } from './deadline.ts'
import { asFailure, isConnectionFailure, isRetryable, TransactionNotStarted } from './failures.ts'
import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import type { Semaphore } from './semaphore.ts'

/** The queries of one transaction. */
export type Transaction = Omit<Queries, 'transaction' | '$client'>

/** How a store reaches the database. */
export interface Access {
  /** One query, or several that need not agree. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Like `read`, from the replica where there is one. */
  readList<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** All or nothing; again when it met another transaction head-on. */
  change<T>(work: (transaction: Transaction) => Promise<T>, options?: ChangeOptions): Promise<T>
}

export interface ChangeOptions {
  /** For all of it, waiting for a connection included. Milliseconds. Default: as the pool's `watch` says. */
  readonly timeoutMs?: number
}

/** Where lists are read from, beside the primary. */
export interface ListSource {
  readonly pool: Pool<Queries>
  /** Whether it follows the primary. */
  readonly isFit: () => boolean | Promise<boolean>
}

/**
 * @param replica `null`: lists are read from the primary too
 * @param semaphore lets as many in as `pool` has connections, so that each has one to itself
 */
export function createAccess(
  pool: Pool<Queries>,
  replica: ListSource | null,
  semaphore: Semaphore,
): Access {
  const repeatable = true
  const read: Access['read'] = (work) => semaphore.run(() => pool.run(work, { repeatable }))
  return {
    read,
    readList: async (work) =>
      replica !== null && (await replica.isFit())
        ? replica.pool.run(work, { repeatable })
        : read(work),
    change: (work, { timeoutMs } = {}) =>
      timeoutMs === undefined
        ? semaphore.run(() => pool.run((queries) => attempt(queries, work, null)))
        : changeWithin(timeoutMs, pool, semaphore, work),
  }
}

async function changeWithin<T>(
  timeoutMs: number,
  pool: Pool<Queries>,
  semaphore: Semaphore,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const ends = performance.now() + timeoutMs
  const { overdue, stop } = startDeadline(timeoutMs)
  const inTime = () => {
    const left = ends - performance.now()
    if (left <= 0) throw new DeadlineExceeded(timeoutMs)
    return pool.run((queries) => attempt(queries, work, left), {
      startDeadline: () => startDeadline(left),
    })
  }
  try {
    return await Promise.race([semaphore.run(async () => inTime()), overdue])
  } catch (error) {
    throw asFailure(error)
  } finally {
    stop()
  }
}

async function attempt<T>(
  queries: Queries,
  work: (transaction: Transaction) => Promise<T>,
  timeoutMs: number | null,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await inTransaction(queries, work, timeoutMs)
    } catch (error) {
      if (error instanceof RollbackWith) return error.answer as T
      if (attempts === 3 || !isRetryable(error)) throw error
    }
  }
}

async function inTransaction<T>(
  queries: Queries,
  work: (transaction: Transaction) => Promise<T>,
  timeoutMs: number | null,
): Promise<T> {
  await begin(queries, timeoutMs)
  try {
    const answer = await work(queries)
    await queries.execute(sql`commit`)
    return answer
  } catch (error) {
    // Where it fails the connection is gone, and the transaction with it.
    await queries.execute(sql`rollback`).catch(() => {})
    throw error
  }
}

/** For the server to tell that a statement took too long, before the time is over here. Milliseconds. */
const margin = 200

/**
 * An idle connection may have been closed, by the server or on the way: then nothing was done yet. The
 * server ends what waits for a lock, which it would otherwise do long after the connection is given up.
 */
async function begin(queries: Queries, timeoutMs: number | null): Promise<void> {
  const limit = timeoutMs === null ? null : Math.ceil(Math.max(timeoutMs - margin, timeoutMs / 2))
  try {
    await queries.execute(
      limit === null ? sql`begin` : sql.raw(`begin; set local statement_timeout = ${limit}`),
    )
  } catch (error) {
    throw isConnectionFailure(error) ? new TransactionNotStarted(error) : error
  }
}

/** Thrown in a transaction to undo it and answer this nevertheless. */
export class RollbackWith extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super('The transaction was abandoned.')
    this.answer = answer
  }
}

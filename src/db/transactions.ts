import { sql } from 'drizzle-orm'
import { DeadlineExceeded, startDeadline } from './deadline.ts'
import { asFailure, isConnectionFailure, isRetryable, TransactionNotStarted } from './failures.ts'
import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'
import type { Semaphore } from './semaphore.ts'

/** The queries of one transaction. */
export type Transaction = Omit<Queries, 'transaction' | '$client'>

/** The access of a store to the database. */
export interface Access {
  /** The schema with the tables. */
  readonly schema: SchemaNames
  /** Runs one query, or several that need no common snapshot. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Like `read`, but from the replica if there is one. */
  readList<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Runs `work` in a transaction, again after a deadlock or serialization failure. */
  change<T>(work: (transaction: Transaction) => Promise<T>, options?: ChangeOptions): Promise<T>
}

export interface ChangeOptions {
  /**
   * The time limit for the transaction, the wait for a connection included. Milliseconds. Default: the
   * deadline of the pool.
   */
  readonly timeoutMs?: number
}

/** The source of lists that is not the primary. */
export interface ListSource {
  readonly pool: Pool<Queries>
  /** Returns whether it follows the primary. */
  readonly isFit: () => boolean | Promise<boolean>
}

export interface AccessOptions {
  readonly pool: Pool<Queries>
  /** `null` if lists are read from the primary too. */
  readonly replica: ListSource | null
  /** Admits as many callers as `pool` has connections, so that each has a connection to itself. */
  readonly semaphore: Semaphore
  /** Default: `latchkey`. */
  readonly schema?: SchemaNames
}

export function createAccess(options: AccessOptions): Access {
  const { pool, replica, semaphore, schema = standardSchema } = options
  const repeatable = true
  const read: Access['read'] = (work) => semaphore.run(() => pool.run(work, { repeatable }))
  return {
    schema,
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
    // If the rollback fails, the connection is lost, and the transaction with it.
    await queries.execute(sql`rollback`).catch(() => {})
    throw error
  }
}

/** The time by which the server cancels a statement before the deadline here passes. Milliseconds. */
const margin = 200

/**
 * Begins a transaction. An idle connection may have been closed meanwhile; then nothing was done yet.
 * The statement timeout makes the server end a wait for a lock, which would otherwise last long after
 * this process has given up the connection.
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

/** Thrown in a transaction to roll it back and return `answer` nevertheless. */
export class RollbackWith extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super('The transaction was rolled back.')
    this.answer = answer
  }
}

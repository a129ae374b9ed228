import { sql } from 'drizzle-orm'
import { isConnectionFailure, isRetryable, NotBegun } from './failures.ts'
import type { Gate } from './gate.ts'
import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'

/** The queries of one transaction. */
export type Transaction = Omit<Queries, 'transaction' | '$client'>

/** How a store reaches the database. */
export interface Access {
  /** One query, or several that need not agree. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Like `read`, from the replica where there is one. */
  readList<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** All or nothing; again when it met another transaction head-on. */
  change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

/** Where lists are read from, beside the primary. */
export interface ListSource {
  readonly pool: Pool<Queries>
  /** Whether it follows the primary. */
  readonly isFit: () => boolean | Promise<boolean>
}

/**
 * @param replica `null`: lists are read from the primary too
 * @param gate lets as many in as `pool` has connections, so that each has one to itself
 */
export function createAccess(pool: Pool<Queries>, replica: ListSource | null, gate: Gate): Access {
  const repeatable = true
  const read: Access['read'] = (work) => gate.pass(() => pool.run(work, { repeatable }))
  return {
    read,
    readList: async (work) =>
      replica !== null && (await replica.isFit())
        ? replica.pool.run(work, { repeatable })
        : read(work),
    change: (work) => gate.pass(() => pool.run((queries) => attempt(queries, work))),
  }
}

async function attempt<T>(
  queries: Queries,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await inTransaction(queries, work)
    } catch (error) {
      if (error instanceof Abandon) return error.answer as T
      if (attempts === 3 || !isRetryable(error)) throw error
    }
  }
}

async function inTransaction<T>(
  queries: Queries,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  await begin(queries)
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

/** An idle connection may have been closed, by the server or on the way: then nothing was done yet. */
async function begin(queries: Queries): Promise<void> {
  try {
    await queries.execute(sql`begin`)
  } catch (error) {
    throw isConnectionFailure(error) ? new NotBegun(error) : error
  }
}

/** Thrown in a transaction to undo it and answer this nevertheless. */
export class Abandon extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super('The transaction was abandoned.')
    this.answer = answer
  }
}

import type { Pool, Queries, Transaction } from './connection.ts'
import { asFailure, isRetryable } from './failures.ts'
import type { Gate } from './gate.ts'

/** How a store reaches the database. */
export interface Access {
  /** One query, or several that need not agree. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Like `read`, from the replica where there is one. */
  readList<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** All or nothing; again when it met another transaction head-on. */
  change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

export function createAccess(pool: Pool<Queries>, replica: Pool<Queries>, gate: Gate): Access {
  return {
    read: (work) => gate.pass(() => pool.run(work)),
    readList: (work) => (replica === pool ? gate.pass(() => pool.run(work)) : replica.run(work)),
    change: (work) => gate.pass(() => pool.run((queries) => attempt(queries, work))),
  }
}

async function attempt<T>(
  queries: Queries,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await queries.transaction(work)
    } catch (error) {
      if (error instanceof Abandon) return error.answer as T
      if (attempts === 3 || !isRetryable(error)) throw asFailure(error)
    }
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

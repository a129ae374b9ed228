import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import { type KnownPrimary, readServerState, type ServerState, survey } from './proof.ts'
import type { Transaction } from './transactions.ts'

/** The members that each connection for lookups has in addition to its prepared statements. */
export interface LookupBasics {
  readonly queries: Queries
  readonly reportsCluster: boolean
}

/**
 * Runs a lookup that returns at least one row. The first row contains the state of the server that
 * returned it.
 */
export type LookUp<Prepared> = <Row extends ServerState>(
  ask: (prepared: Prepared, node: { readonly node: string }) => Promise<readonly Row[]>,
) => Promise<readonly [Row, ...Row[]]>

export interface ProvenLookupsOptions<Prepared> {
  readonly pool: Pool<Prepared>
  readonly primary: KnownPrimary
  readonly nodeId: string
  /** Sends a heartbeat at once. */
  readonly beat: () => Promise<unknown>
  /**
   * Called after each lookup with whether its answer was proven. A lookup that failed for another
   * reason counts as proven.
   */
  readonly onOutcome: (isProven: boolean) => void
}

/**
 * Creates lookups whose answers count only if their server is proven to be the primary. The answer of
 * any other server is discarded, its connection is closed, and the lookup is repeated once. If the
 * server lacked the counter of this node, a heartbeat is sent before: a server that was promoted or
 * restored has the counter only then.
 */
export function createProvenLookups<Prepared extends LookupBasics>(
  options: ProvenLookupsOptions<Prepared>,
): LookUp<Prepared> {
  const { pool, primary, nodeId, beat, onOutcome } = options
  const node = { node: nodeId }

  return async (ask) => {
    let lacksCounter = false
    let isProven = true
    try {
      return await pool.run(
        async (prepared) => {
          // Not if the row of the node was removed since: the heartbeat would create it again.
          if (lacksCounter && primary.committed > 0) await beat()
          const { committed } = primary
          const [row, ...others] = await ask(prepared, node)
          if (row === undefined)
            throw new Error('The lookup returned no row with the state of its server.')
          lacksCounter = primary.lacksCounter(row, committed)
          isProven = false
          if (primary.isOutdatedBy(row)) primary.observe(await survey(prepared.queries))
          primary.check(row, committed)
          isProven = true
          return [row, ...others]
        },
        { repeatable: true },
      )
    } finally {
      onOutcome(isProven)
    }
  }
}

/** Proves that a transaction that decides about a credential runs on the primary. */
export async function proveTransaction(
  transaction: Transaction,
  primary: KnownPrimary,
  nodeId: string,
): Promise<void> {
  const { committed } = primary
  const state = await readServerState(transaction, nodeId)
  if (state !== undefined) primary.check(state, committed)
}

import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import { type KnownPrimary, readServerState, type ServerState, survey } from './proof.ts'
import type { Transaction } from './transactions.ts'

/** What each connection for lookups has, beside its prepared statements. */
export interface LookupBasics {
  readonly queries: Queries
  readonly reportsCluster: boolean
}

/** Asks for at least one row; the first tells the state of the server that they come from. */
export type LookUp<Prepared> = <Row extends ServerState>(
  ask: (prepared: Prepared, node: { readonly node: string }) => Promise<readonly Row[]>,
) => Promise<readonly [Row, ...Row[]]>

export interface ProvenLookupsOptions<Prepared> {
  readonly pool: Pool<Prepared>
  readonly primary: KnownPrimary
  readonly nodeId: string
  /** Sends a heartbeat now. */
  readonly beat: () => Promise<unknown>
  /** Told of each lookup whether its answer was proven; not of one that failed for another reason. */
  readonly onOutcome: (isProven: boolean) => void
}

/**
 * Lookups whose answers count only where their server is proven to be the primary. Another's answer is
 * discarded, its connection closed, and the lookup repeated once. Where the server lacked this node's
 * counter a heartbeat goes first: one that was promoted or restored has it only then.
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
          // Not where the node's row was removed since: it would come back.
          if (lacksCounter && primary.committed > 0) await beat()
          const { committed } = primary
          const [row, ...others] = await ask(prepared, node)
          if (row === undefined) throw new Error('The lookup has no row that tells of its server.')
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

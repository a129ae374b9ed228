import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import { type KnownPrimary, readServerState, UnprovenServerError } from './proof.ts'

export interface ReplicaOptions {
  readonly pool: Pool<Queries>
  readonly primary: KnownPrimary
  readonly nodeId: string
  readonly onUnfit: (error: unknown) => void
  /** Milliseconds, monotonic. Default `performance.now`. */
  readonly now?: () => number
}

/** Between two checks. Milliseconds. */
const checkInterval = 5_000

/**
 * Tells whether lists may be read from the replica: it is a standby, or the primary itself. One that was
 * promoted beside the primary would show for ever what was true then. Asked at most every 5 seconds.
 */
export function createReplicaCheck(options: ReplicaOptions): () => boolean | Promise<boolean> {
  const { pool, primary, nodeId, onUnfit, now = () => performance.now() } = options
  let isFit = true
  let checkedAt = Number.NEGATIVE_INFINITY
  let checking: Promise<boolean> | null = null

  async function check(): Promise<boolean> {
    const { committed } = primary
    // Where it cannot be asked, the list that comes next tells.
    const state = await pool
      .run((queries) => readServerState(queries, nodeId))
      .catch(() => undefined)
    checkedAt = now()
    if (state === undefined) return isFit
    isFit = state.inRecovery || (state.counter ?? 0) >= committed
    if (!isFit) onUnfit(new UnprovenServerError('stale-server'))
    return isFit
  }

  return () => {
    if (now() - checkedAt < checkInterval) return isFit
    checking ??= check().finally(() => {
      checking = null
    })
    return checking
  }
}

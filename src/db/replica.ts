import type { Queries } from './link.ts'
import type { Pool } from './pool.ts'
import { type KnownPrimary, readServerState, UnprovenServerError } from './proof.ts'

export interface ReplicaOptions {
  readonly pool: Pool<Queries>
  readonly primary: KnownPrimary
  readonly nodeId: string
  readonly onUnfit: (error: unknown) => void
  /** A monotonic clock in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

/** The interval between two checks. Milliseconds. */
const checkInterval = 5_000

/**
 * Returns a function that reports whether lists may be read from the replica: it must be a standby, or
 * the primary itself. A replica that was promoted while the primary still runs would show outdated data
 * forever. The function checks at most every 5 seconds.
 */
export function createReplicaCheck(options: ReplicaOptions): () => boolean | Promise<boolean> {
  const { pool, primary, nodeId, onUnfit, now = () => performance.now() } = options
  let isFit = true
  let checkedAt = Number.NEGATIVE_INFINITY
  let checking: Promise<boolean> | null = null

  async function check(): Promise<boolean> {
    const { committed } = primary
    // If the check fails, the next list reports the failure.
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

import { createFlusher, type Flusher } from '../flusher.ts'
import type { RefusedCredentials } from './store.ts'

export interface RefusedCredential {
  readonly reason: string
  readonly sourceAddress: string | null
  /** The public id of the key; never any other part of a credential. */
  readonly credentialId: string | null
  readonly requestId: string | null
}

/** Collects refusals in memory, so that no request waits for a write and a flood causes few rows. */
export interface RefusalRecorder extends Flusher {
  record(refusal: RefusedCredential): void
}

export interface RefusalRecorderOptions {
  readonly write: (refusals: readonly RefusedCredentials[]) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds between two writes. Default 10000. */
  readonly intervalMs?: number
  /** How many kinds are counted separately between two writes; all others share one row. Default 50. */
  readonly maxKinds?: number
  readonly onError?: (error: unknown) => void
}

interface Collected extends RefusedCredentials {
  count: number
  since: Date
}

export function createRefusalRecorder(options: RefusalRecorderOptions): RefusalRecorder {
  const { write, now, intervalMs = 10_000, maxKinds = 50, onError } = options
  let collected = new Map<string, Collected>()

  function find(
    refusal: Omit<RefusedCredentials, 'count' | 'since'>,
  ): [string, Collected | undefined] {
    const kind = kindOf(refusal)
    const known = collected.get(kind)
    const isOther = known === undefined && collected.size >= maxKinds
    return isOther ? [overflowKind, collected.get(overflowKind)] : [kind, known]
  }

  function add(refusals: RefusedCredentials): void {
    const [kind, known] = find(refusals)
    if (known === undefined) {
      collected.set(kind, { ...refusals, ...(kind === overflowKind && overflow) })
    } else {
      known.count += refusals.count
      if (refusals.since < known.since) known.since = refusals.since
    }
  }

  async function writeCollected(): Promise<void> {
    if (collected.size === 0) return
    const batch = [...collected.values()]
    collected = new Map()
    try {
      await write(batch)
    } catch (error) {
      for (const refusals of batch) add(refusals)
      onError?.(error)
    }
  }

  return {
    record(refusal) {
      const [, known] = find(refusal)
      if (known === undefined) add({ ...refusal, count: 1, since: new Date(now()) })
      else known.count++
    },
    ...createFlusher(writeCollected, intervalMs),
  }
}

const overflowKind = ''
const overflow = { reason: null, sourceAddress: null, credentialId: null, requestId: null }

/** The sender chooses an unknown id freely, so it is not part of the kind. */
function kindOf({
  reason,
  sourceAddress,
  credentialId,
}: Omit<RefusedCredentials, 'count' | 'since'>): string {
  if (reason === null) return overflowKind
  return `${reason} ${sourceAddress} ${reason === 'key-unknown' ? '' : credentialId}`
}

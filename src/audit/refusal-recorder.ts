import { createFlusher, type Flusher } from '../flusher.ts'
import type { RefusedCredentials } from './store.ts'

export interface RefusedCredential {
  readonly reason: string
  readonly sourceAddress: string | null
  /** Public id of the key; never more of a credential. */
  readonly credentialId: string | null
  readonly requestId: string | null
}

/** Collects refusals in memory: no request waits for their writing, and a flood makes few rows. */
export interface RefusalRecorder extends Flusher {
  record(refusal: RefusedCredential): void
}

export interface RefusalRecorderOptions {
  readonly write: (refusals: readonly RefusedCredentials[]) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How often what was collected is written. Milliseconds, default 10000. */
  readonly intervalMs?: number
  /** How many kinds are told apart between two writes; the rest is only counted. Default 50. */
  readonly maxKinds?: number
  readonly onError?: (error: unknown) => void
}

export function createRefusalRecorder(options: RefusalRecorderOptions): RefusalRecorder {
  const { write, now, intervalMs = 10_000, maxKinds = 50, onError } = options
  let collected = new Map<string, RefusedCredentials>()

  function add(refusals: RefusedCredentials): void {
    let kind = kindOf(refusals)
    let known = collected.get(kind)
    if (known === undefined && kind !== others && collected.size >= maxKinds) {
      kind = others
      known = collected.get(kind)
    }
    if (known === undefined) {
      collected.set(kind, kind === others ? { ...refusals, ...several } : refusals)
    } else {
      const since = earlier(known.since, refusals.since)
      collected.set(kind, { ...known, count: known.count + refusals.count, since })
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
    record: (refusal) => add({ ...refusal, count: 1, since: new Date(now()) }),
    ...createFlusher(writeCollected, intervalMs),
  }
}

const others = ''
const several = { reason: null, sourceAddress: null, credentialId: null, requestId: null }

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}

/** An unknown id is whatever its sender made up: it makes no kind of its own. */
function kindOf({ reason, sourceAddress, credentialId }: RefusedCredentials): string {
  if (reason === null) return others
  return `${reason} ${sourceAddress} ${reason === 'key-unknown' ? '' : credentialId}`
}

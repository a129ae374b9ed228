import { createFlusher, type Flusher } from '../flusher.ts'
import { within } from '../within.ts'
import { CollectedUses, type UseSlot } from './collected-uses.ts'
import type { KeyUses } from './directory.ts'
import type { CredentialCarrier } from './presented-credential.ts'
import { ChunkSize } from './use-chunks.ts'

/** One authenticated use of an API key. */
export interface KeyUse {
  readonly keyId: string
  /** The time of the use, in milliseconds since the epoch. */
  readonly at: number
  /** Whether the key was presented with its previous secret, in the grace period of a rotation. */
  readonly previousSecret: boolean
  /** The request, from which the client is read. It is not kept. Default: the client is unknown. */
  readonly from?: CredentialCarrier | null
}

/**
 * Collects uses in memory and writes them in chunks, so that no request waits for a write. Uses that could not
 * be written are kept for the next write.
 */
export interface UseRecorder extends Flusher {
  /** @param slot the same one for all uses of a key, which saves a lookup. Default: none */
  record(use: KeyUse, slot?: UseSlot | null): void
  /** Records the scopes that an operation of a key needed. The list must not be changed afterwards. */
  recordScopes(keyId: string, scopes: readonly string[], at: number): void
}

/** Uses that will never be written: beyond a limit (`limit`), or left after `close` (`closed`). */
export interface LostUses {
  readonly count: number
  readonly reason: 'limit' | 'closed'
}

export interface UseRecorderOptions {
  /**
   * Writes one chunk, all or nothing. Resolves with the ids of skipped keys, whose rows are locked: their uses
   * are kept.
   */
  readonly write: (uses: readonly KeyUses[]) => Promise<readonly string[]>
  /** The milliseconds between two writes. Default 5000. */
  readonly intervalMs?: number
  /** The maximum duration of `close` in milliseconds. Default 3000. */
  readonly closeWithinMs?: number
  /** The maximum number of keys between two writes. Uses of further keys are dropped. Default 100000. */
  readonly maxKeys?: number
  /** The maximum number of needed scopes between two writes, of all keys together. Default 200000. */
  readonly maxScopes?: number
  /** Called at most once per interval, with an error of its writes. Default: the error is ignored. */
  readonly onError?: (error: unknown) => void
  readonly onLost?: (lost: LostUses) => void
}

/** The number of failures in a row after which the remaining uses wait for the next interval. */
const maxFailures = 2

export function createUseRecorder(options: UseRecorderOptions): UseRecorder {
  const { write, intervalMs = 5_000, closeWithinMs = 3_000, onError, onLost } = options
  const { maxKeys = 100_000, maxScopes = 200_000 } = options
  const collected = new CollectedUses({ maxKeys, maxScopes })
  const chunkSize = new ChunkSize()
  /** The number of keys that were taken out of `collected` and are not written yet. */
  let taken = 0
  let closesAt = Number.POSITIVE_INFINITY

  async function writeCollected(): Promise<void> {
    const uses = collected.takeAll()
    taken = uses.length
    const { skipped, error } = await writeChunks(uses)
    // A chunk of another node locks its rows for some milliseconds. Most are free by now.
    const retried = skipped.length > 0 ? await writeChunks(skipped) : null
    for (const rest of [uses, skipped, retried?.skipped ?? []]) {
      for (const use of rest) collected.putBack(use)
    }
    taken = 0
    const failure = error ?? retried?.error
    if (failure !== undefined) onError?.(failure)
    report('limit', collected.takeDropped())
  }

  /** Removes the uses that were written or skipped from `uses`. */
  async function writeChunks(uses: KeyUses[]) {
    const skipped: KeyUses[] = []
    let error: unknown
    for (let failures = 0; uses.length > 0 && failures < maxFailures; ) {
      if (performance.now() >= closesAt) break
      const chunk = chunkSize.takeFrom(uses)
      try {
        const busy = await writeChunk(chunk)
        skipped.push(...chunk.filter(({ keyId }) => busy.has(keyId)))
        failures = 0
      } catch (cause) {
        error = cause
        failures++
        chunkSize.failed()
        // The chunk goes to the end, because other keys may be writable.
        uses.push(...chunk)
      }
    }
    return { skipped, error }
  }

  async function writeChunk(chunk: readonly KeyUses[]): Promise<ReadonlySet<string>> {
    const started = performance.now()
    const busy = new Set(await write(chunk))
    taken -= chunk.length - busy.size
    chunkSize.written(performance.now() - started)
    return busy
  }

  function report(reason: LostUses['reason'], count: number): void {
    if (count > 0) onLost?.({ count, reason })
  }

  const flusher = createFlusher(writeCollected, intervalMs)
  return {
    record({ keyId, at, previousSecret, from = null }, slot = null) {
      collected.add(keyId, at, previousSecret ? at : null, from, slot)
    },
    recordScopes(keyId, scopes, at) {
      collected.addScopes(keyId, scopes, at)
    },
    flush: flusher.flush,
    async close() {
      closesAt = performance.now() + closeWithinMs
      await within(closeWithinMs, flusher.close())
      report('closed', collected.size + taken)
    },
  }
}

import { createFlusher, type Flusher } from '../flusher.ts'
import { within } from '../within.ts'
import { CollectedUses } from './collected-uses.ts'
import type { KeyUses } from './directory.ts'
import { ChunkSize } from './use-chunks.ts'

/** One authenticated use of an API key. */
export interface KeyUse {
  readonly keyId: string
  /** Milliseconds since the epoch: comparing numbers is many times quicker than comparing dates. */
  readonly at: number
  /** Whether the secret of before the last rotation was sent. */
  readonly previousSecret: boolean
}

/**
 * Collects uses in memory, so that no request waits for their writing, and writes them in chunks. Uses
 * that could not be written are kept for the next time.
 */
export interface UseRecorder extends Flusher {
  record(use: KeyUse): void
  /** Notes what an operation of a key really needed. The list must not change afterwards. */
  recordScopes(keyId: string, scopes: readonly string[], at: number): void
}

/** Uses that are never written: of keys past the limits, or those left when the process ended. */
export interface LostUses {
  readonly count: number
  readonly reason: 'limit' | 'closed'
}

export interface UseRecorderOptions {
  /**
   * Writes one chunk, all or nothing. Resolves with the ids of keys that it passed over because others
   * hold their rows: these are kept.
   */
  readonly write: (uses: readonly KeyUses[]) => Promise<readonly string[]>
  /** How often collected uses are written. Milliseconds, default 5000. */
  readonly intervalMs?: number
  /** How long `close` may take to write the rest. Milliseconds, default 3000. */
  readonly closeWithinMs?: number
  /** Keys remembered between two writes; uses of further keys are dropped. Default 100000. */
  readonly maxKeys?: number
  /** Needed scopes remembered between two writes, of all keys together. Default 200000. */
  readonly maxScopes?: number
  /** Called at most once for each write of all that was collected. */
  readonly onError?: (error: unknown) => void
  readonly onLost?: (lost: LostUses) => void
}

/** After so many failures in a row the rest waits for the next time. */
const maxFailures = 2

export function createUseRecorder(options: UseRecorderOptions): UseRecorder {
  const { write, intervalMs = 5_000, closeWithinMs = 3_000, onError, onLost } = options
  const { maxKeys = 100_000, maxScopes = 200_000 } = options
  const collected = new CollectedUses({ maxKeys, maxScopes })
  const chunkSize = new ChunkSize()
  /** Keys that were taken out of `collected` and are not written yet. */
  let taken = 0
  let closesAt = Number.POSITIVE_INFINITY

  async function writeCollected(): Promise<void> {
    const uses = collected.takeAll()
    taken = uses.length
    const { passedOver, error } = await writeChunks(uses)
    // Another node's chunk holds a row for some milliseconds: most are free by now.
    const again = passedOver.length > 0 ? await writeChunks(passedOver) : null
    for (const rest of [uses, passedOver, again?.passedOver ?? []]) {
      for (const use of rest) collected.putBack(use)
    }
    taken = 0
    const failure = error ?? again?.error
    if (failure !== undefined) onError?.(failure)
    report('limit', collected.takeDropped())
  }

  /** Takes off `uses` what it has written or passed over. */
  async function writeChunks(uses: KeyUses[]) {
    const passedOver: KeyUses[] = []
    let error: unknown
    for (let failures = 0; uses.length > 0 && failures < maxFailures; ) {
      if (performance.now() >= closesAt) break
      const chunk = chunkSize.takeFrom(uses)
      try {
        const busy = await writeChunk(chunk)
        passedOver.push(...chunk.filter(({ keyId }) => busy.has(keyId)))
        failures = 0
      } catch (cause) {
        error = cause
        failures++
        chunkSize.failed()
        // To the end: other keys may be written although these cannot.
        uses.push(...chunk)
      }
    }
    return { passedOver, error }
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
    record({ keyId, at, previousSecret }) {
      collected.add(keyId, at, previousSecret ? at : null)
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

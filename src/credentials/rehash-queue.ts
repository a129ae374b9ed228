import { LRUCache } from 'lru-cache'
import { createFlusher } from '../flusher.ts'
import type { Rehash } from './directory.ts'

/** Replaces hashes under other peppers by hashes under the first one, in the background. */
export interface RehashQueue {
  add(rehash: Rehash): void
  /** Drops the waiting hashes. The next use of such a key adds its hash again. */
  close(): Promise<void>
}

export interface RehashQueueOptions {
  readonly write: (rehashes: readonly Rehash[]) => Promise<void>
  readonly onError?: (error: unknown) => void
  /** The milliseconds between two writes. Default 250. */
  readonly intervalMs?: number
}

/**
 * The maximum number of keys in a write. Each is announced to all nodes as a change; beyond a hundred changes
 * in a transaction, a change of everything would be announced. So a new pepper costs every node one lookup
 * for each key, at most 400 a second for each node that writes.
 */
const batchSize = 100
/**
 * The minimum time between two rehashes of a key by one node, in milliseconds. While the nodes have different
 * first peppers, as during a rolling restart, each would replace the hashes of the others.
 */
const pause = 60_000
/** The maximum number of waiting hashes. Further ones are added by a later lookup. */
const maxWaiting = 5_000

export function createRehashQueue(options: RehashQueueOptions): RehashQueue {
  const { write, onError, intervalMs = 250 } = options
  /** The waiting hashes by key and stored hash: both secrets of a key may wait. */
  const waiting = new Map<string, Rehash>()
  const recent = new LRUCache<string, true>({ max: 20_000, ttl: pause })

  async function writeBatch(): Promise<void> {
    const batch = [...waiting].slice(0, batchSize)
    if (batch.length === 0) return
    for (const [name, { keyId }] of batch) {
      waiting.delete(name)
      recent.set(keyId, true)
    }
    try {
      await write(batch.map(([, rehash]) => rehash))
    } catch (error) {
      onError?.(error)
    }
  }

  const flusher = createFlusher(writeBatch, intervalMs)
  return {
    add(rehash) {
      if (waiting.size < maxWaiting && !recent.has(rehash.keyId)) {
        waiting.set(`${rehash.keyId} ${Buffer.from(rehash.from).toString('base64')}`, rehash)
      }
    },
    async close() {
      waiting.clear()
      await flusher.close()
    },
  }
}

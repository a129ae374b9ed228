import { LRUCache } from 'lru-cache'
import { createFlusher } from '../flusher.ts'
import type { Rehash } from './directory.ts'

/** Writes hashes under the first pepper in place of those under others, behind the requests. */
export interface RehashQueue {
  add(rehash: Rehash): void
  /** Drops what waits: the next use of such a key brings it back. */
  close(): Promise<void>
}

export interface RehashQueueOptions {
  readonly write: (rehashes: readonly Rehash[]) => Promise<void>
  readonly onError?: (error: unknown) => void
  /** Milliseconds between two writes, default 250. */
  readonly intervalMs?: number
}

/**
 * Keys written at once. Each is announced to all nodes as a change, and past a hundred in one transaction
 * everything would be. So a new pepper costs every node a look-up more for each key, once, and at most
 * 400 in a second for each node that writes.
 */
const batchSize = 100
/**
 * A key is hashed again once in that time by one node: while nodes differ in their first pepper, as
 * they do in the middle of a change of it, each would undo what the other did. Milliseconds.
 */
const pause = 60_000
/** Keys that wait at most; others come back with a later look-up. */
const maxWaiting = 5_000

export function createRehashQueue(options: RehashQueueOptions): RehashQueue {
  const { write, onError, intervalMs = 250 } = options
  /** By key and secret: a key's current and previous secret may both wait. */
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

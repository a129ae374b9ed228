import { RateLimitedError, ServiceUnavailableError } from '../errors.ts'
import type { KeyChangeKind, KeyEvent, KeyEvents } from './key-events.ts'
import { PendingChanges } from './pending-changes.ts'
import type { KeyStore } from './store.ts'

/** The streams of the changes of keys that this node sends. */
export interface KeyChangeStreams {
  /**
   * @param readerId the user who reads the stream
   * @throws ServiceUnavailableError while this node does not receive every change
   * @throws RateLimitedError if the user has too many streams on this node
   */
  open(ownerId: string, readerId: string): KeyChangeStream
  /** Ends every stream with `ServiceUnavailableError`, and opens no more: their readers connect to another node. */
  close(): Promise<void>
}

export interface KeyChangeStream extends Pick<PendingChanges, 'take' | 'end'> {
  close(): void
}

export interface KeyChangeStreamsOptions {
  readonly events: KeyEvents
  readonly store: Pick<KeyStore, 'findActivity'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The milliseconds between two looks for uses and expiries. Default 3000. */
  readonly intervalMs?: number
}

/** The most streams of one user on one node: several browsers, each with some pages. */
const maxStreams = 50
/** The most keys of which a reader may not have taken a change. */
const maxPending = 500
/** The time after a use within which it is written. Milliseconds. */
const writtenWithinMs = 30_000

interface OpenStream {
  readonly ownerId: string
  readonly readerId: string
  readonly pending: PendingChanges
}

/**
 * Passes the events of keys on to the streams of their owners. No event reports a use or an expiry, so these are
 * looked up at intervals, for the owners that have a stream.
 */
export function createKeyChangeStreams(options: KeyChangeStreamsOptions): KeyChangeStreams {
  const { events, store, now, intervalMs = 3_000 } = options
  const streams = new Set<OpenStream>()
  const activity = createActivity(store, now)
  let watch: ReturnType<KeyEvents['watch']> | null = null
  let timer: NodeJS.Timeout | null = null
  let isClosed = false

  function deliver(event: KeyEvent): void {
    for (const { ownerId, pending } of streams) {
      if (ownerId === event.ownerId) pending.add(event)
    }
  }

  function endAll(): void {
    for (const { pending } of streams) pending.end(unavailable())
    streams.clear()
  }

  async function look(): Promise<void> {
    const owners = new Set([...streams].map(({ ownerId }) => ownerId))
    if (owners.size === 0) return
    // An outage ends the streams by `missed`. A use that was not found now is found by the next look.
    for (const event of await activity.find([...owners]).catch(() => [])) deliver(event)
  }

  function start(): void {
    watch ??= events.watch({ happened: deliver, missed: endAll })
    timer ??= setInterval(() => void look(), intervalMs).unref()
  }

  return {
    open(ownerId, readerId) {
      start()
      if (isClosed || !events.isListening()) throw unavailable()
      const own = [...streams].filter((stream) => stream.readerId === readerId)
      if (own.length >= maxStreams) throw new RateLimitedError(60)
      if (streams.size === 0) activity.begin()
      const pending = new PendingChanges(maxPending, unavailable)
      const stream = { ownerId, readerId, pending }
      streams.add(stream)
      return {
        take: () => pending.take(),
        end: (error) => pending.end(error),
        close() {
          pending.end(null)
          streams.delete(stream)
        },
      }
    },

    async close() {
      isClosed = true
      endAll()
      if (timer !== null) clearInterval(timer)
      await watch?.close()
    },
  }
}

function unavailable(): ServiceUnavailableError {
  return new ServiceUnavailableError({ reason: 'key-changes' })
}

/** Finds uses and expiries that were not found before. */
function createActivity(store: Pick<KeyStore, 'findActivity'>, now: () => number) {
  /** The time of the last use that was found, by key. */
  const found = new Map<string, number>()
  let last: number | null = null

  return {
    /** Discards uses and expiries until now: no stream was open. */
    begin(): void {
      last = now()
    },

    async find(owners: readonly string[]): Promise<readonly KeyEvent[]> {
      const since = last ?? now()
      const until = now()
      const earliest = since - writtenWithinMs
      const rows = await store.findActivity(owners, new Date(earliest), new Date(until))
      last = until
      for (const [id, at] of found) if (at < earliest) found.delete(id)
      return rows.flatMap(({ id, ownerId, lastUsedAt, lineageExpiresAt }) => {
        const event = (kind: KeyChangeKind): KeyEvent => ({ ownerId, keyId: id, kind })
        const usedAt = lastUsedAt?.getTime() ?? 0
        const expiresAt = lineageExpiresAt?.getTime() ?? 0
        if (expiresAt > since && expiresAt <= until) return [event('EXPIRED')]
        if (usedAt <= earliest || usedAt <= (found.get(id) ?? 0)) return []
        found.set(id, usedAt)
        return [event('USED')]
      })
    },
  }
}

import type { LatchkeyError } from '../errors.ts'
import type { KeyChangeKind, KeyEvent } from './key-events.ts'

/** The last item of a stream: the error that ends it. */
export interface StreamEnd {
  readonly error: LatchkeyError
}

export type StreamItem = KeyEvent | StreamEnd

/** The order in which a later kind of change of a key replaces one that its reader has not taken yet. */
const rank: Readonly<Record<KeyChangeKind, number>> = {
  USED: 0,
  UPDATED: 1,
  EXPIRED: 2,
  ROTATED: 3,
  CREATED: 4,
  REVOKED: 5,
}

/**
 * The changes that one reader has not taken yet. Changes of the same key become one, because the reader reads the
 * key when it takes the change.
 */
export class PendingChanges {
  readonly #events = new Map<string, KeyEvent>()
  readonly #maxKeys: number
  /** Returns the error for a reader that is too slow. */
  readonly #overflow: () => LatchkeyError
  #end: StreamEnd | null = null
  #isOver = false
  #waiting: ((item: StreamItem | null) => void)[] = []

  constructor(maxKeys: number, overflow: () => LatchkeyError) {
    this.#maxKeys = maxKeys
    this.#overflow = overflow
  }

  add(event: KeyEvent): void {
    if (this.#isOver) return
    const reader = this.#waiting.shift()
    if (reader !== undefined) reader(event)
    else this.#keep(event)
  }

  #keep(event: KeyEvent): void {
    const known = this.#events.get(event.keyId)
    if (known === undefined && this.#events.size >= this.#maxKeys) this.end(this.#overflow())
    else if (known === undefined || rank[event.kind] > rank[known.kind]) {
      this.#events.set(event.keyId, event)
    }
  }

  /** Drops the changes that were not taken. @param error the last item; `null`: the stream just ends */
  end(error: LatchkeyError | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.clear()
    this.#end = error && { error }
    for (const reader of this.#waiting) reader(this.#takeEnd())
    this.#waiting = []
  }

  /** Returns the next item, as soon as there is one; `null` after the last. */
  take(): Promise<StreamItem | null> {
    if (this.#isOver) return Promise.resolve(this.#takeEnd())
    for (const [id, event] of this.#events) {
      this.#events.delete(id)
      return Promise.resolve(event)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #takeEnd(): StreamEnd | null {
    const end = this.#end
    this.#end = null
    return end
  }
}

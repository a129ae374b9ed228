import { LatchkeyError } from '../errors.ts'
import type { ApiKey } from '../keys/api-key.ts'
import type { KeyChangeStream } from '../keys/change-streams.ts'
import type { KeyChangeKind } from '../keys/key-events.ts'
import type { StreamEnd } from '../keys/pending-changes.ts'

export interface KeyChange {
  readonly kind: KeyChangeKind
  readonly apiKey: ApiKey
}

export interface KeyChangesOptions {
  readonly stream: KeyChangeStream
  /** Throws a LatchkeyError once the reader may no longer read the keys, which ends the stream. */
  readonly requireReadable: () => void
  /** Reads the key of a change; `null`: it was deleted. */
  readonly read: (id: string) => Promise<ApiKey | null>
}

/** The milliseconds between two calls of `requireReadable` while nothing changes. */
const checkMs = 500

/**
 * The changes of keys for one reader, each with the key as it is when the reader takes the change. An error is the
 * last value. A generator would not do: its `return` waits for the next change.
 */
export class KeyChanges implements AsyncIterableIterator<KeyChange | StreamEnd, undefined> {
  readonly #options: KeyChangesOptions
  readonly #timer: NodeJS.Timeout

  constructor(options: KeyChangesOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#check(), checkMs).unref()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<KeyChange | StreamEnd, undefined>> {
    for (;;) {
      const item = await this.#options.stream.take()
      if (item === null) return this.return()
      const value = 'error' in item ? item : await this.#changeOf(item.keyId, item.kind)
      if (value === null) continue
      if ('error' in value) this.#close()
      return { done: false, value }
    }
  }

  async return(): Promise<IteratorResult<KeyChange | StreamEnd, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<never> {
    this.#close()
    throw error
  }

  async #changeOf(id: string, kind: KeyChangeKind): Promise<KeyChange | StreamEnd | null> {
    try {
      this.#options.requireReadable()
      const apiKey = await this.#options.read(id)
      return apiKey && { kind, apiKey }
    } catch (error) {
      this.#close()
      if (error instanceof LatchkeyError) return { error }
      throw error
    }
  }

  #check(): void {
    try {
      this.#options.requireReadable()
    } catch (error) {
      if (error instanceof LatchkeyError) this.#options.stream.end(error)
    }
  }

  #close(): void {
    clearInterval(this.#timer)
    this.#options.stream.close()
  }
}

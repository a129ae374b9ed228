import type { KeyUses } from './directory.ts'

/** The maximum number of rows that a chunk writes: one for each key and one for each needed scope. */
const maxRows = 4_000
const minRows = 50
/** A chunk that takes longer than `slow` is followed by a smaller one, one below `quick` by a larger one. Milliseconds. */
const slow = 1_000
const quick = 300

/** Adapts the size of chunks to what the database writes within about a second. */
export class ChunkSize {
  #rows = maxRows

  /** @param milliseconds the duration of the last write */
  written(milliseconds: number): void {
    if (milliseconds > slow) this.#halve()
    else if (milliseconds < quick) this.#rows = Math.min(this.#rows * 2, maxRows)
  }

  failed(): void {
    this.#halve()
  }

  /** Removes the next chunk, at least one key, from the front of `uses` and returns it. */
  takeFrom(uses: KeyUses[]): KeyUses[] {
    let rows = 0
    let end = 0
    for (const { scopes } of uses) {
      rows += 1 + scopes.length
      if (end > 0 && rows > this.#rows) break
      end++
    }
    return uses.splice(0, end)
  }

  #halve(): void {
    this.#rows = Math.max(Math.floor(this.#rows / 2), minRows)
  }
}

import type { KeyUses } from './directory.ts'

/** Rows that a chunk writes at most: one for each key, and one for each scope that it needed. */
const maxRows = 4_000
const minRows = 50
/** Milliseconds: a chunk that takes longer is followed by a smaller one, a quicker one by a larger. */
const slow = 1_000
const quick = 300

/** How large the next chunk is: as large as the database writes within about a second. */
export class ChunkSize {
  #rows = maxRows

  /** @param milliseconds what the last chunk took */
  written(milliseconds: number): void {
    if (milliseconds > slow) this.#halve()
    else if (milliseconds < quick) this.#rows = Math.min(this.#rows * 2, maxRows)
  }

  failed(): void {
    this.#halve()
  }

  /** Takes the next chunk off the front of `uses`: at least one key. */
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

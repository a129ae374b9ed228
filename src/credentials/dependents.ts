/**
 * Maps the id of a key or user to the cache keys that depend on it. Most ids have one cache key, which is
 * stored without a set to save memory.
 */
export class Dependents {
  readonly #keys = new Map<string, string | Set<string>>()

  add(id: string, key: string): void {
    const known = this.#keys.get(id)
    if (known === undefined || known === key) this.#keys.set(id, key)
    else if (typeof known === 'string') this.#keys.set(id, new Set([known, key]))
    else known.add(key)
  }

  remove(id: string, key: string): void {
    const known = this.#keys.get(id)
    if (known === key) this.#keys.delete(id)
    if (typeof known !== 'object') return
    known.delete(key)
    if (known.size === 0) this.#keys.delete(id)
  }

  clear(): void {
    this.#keys.clear()
  }

  /** Returns a copy, so that the caller may remove entries while it iterates. */
  of(id: string): readonly string[] {
    const known = this.#keys.get(id)
    if (known === undefined) return []
    return typeof known === 'string' ? [known] : [...known]
  }
}

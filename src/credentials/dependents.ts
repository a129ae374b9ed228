/**
 * Cache keys by the id of what they depend on. Most depend on a key that nothing else depends on, and a
 * set for each of those would take more memory than what is remembered of it.
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

  /** A copy, which stays as it is while they are removed. */
  of(id: string): readonly string[] {
    const known = this.#keys.get(id)
    if (known === undefined) return []
    return typeof known === 'string' ? [known] : [...known]
  }
}

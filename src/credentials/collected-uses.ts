import type { KeyUses } from './directory.ts'

export interface CollectedUsesLimits {
  readonly maxKeys: number
  /** The maximum number of scopes of all keys together. */
  readonly maxScopes: number
}

interface Collected {
  at: number
  previousAt: number | null
  /** The time of the latest use by scope, without those of `latest`; `null`: none. */
  scopes: Map<string, number> | null
  /** The list added last. The same list is often added again, which costs one comparison. */
  latest: { readonly scopes: readonly string[]; at: number } | null
}

/** Collects the latest use of each key and of each scope that it needed, in memory, up to a limit. */
export class CollectedUses {
  readonly #limits: CollectedUsesLimits
  #byKey = new Map<string, Collected>()
  #scopeCount = 0
  #dropped = 0
  /** The key that was found last. A use and its scopes are added one after the other. */
  #current: Collected | undefined
  #currentId: string | null = null

  constructor(limits: CollectedUsesLimits) {
    this.#limits = limits
  }

  /** The number of keys. */
  get size(): number {
    return this.#byKey.size
  }

  /** @param at milliseconds since the epoch; a time before the known one changes nothing */
  add(keyId: string, at: number, previousAt: number | null): void {
    this.#add(keyId, at, previousAt)
  }

  /** @param scopes must not be changed afterwards */
  addScopes(keyId: string, scopes: readonly string[], at: number): void {
    const key = this.#add(keyId, at, null)
    if (key === null) return
    const { latest } = key
    if (latest?.scopes !== scopes) {
      this.#mergeLatest(key)
      key.latest = { scopes, at }
    } else if (at > latest.at) latest.at = at
  }

  /** Adds a use that {@link takeAll} returned. Newer times stay. */
  putBack({ keyId, lastUsedAt, previousLastUsedAt, scopes }: KeyUses): void {
    const key = this.#add(keyId, lastUsedAt.getTime(), previousLastUsedAt?.getTime() ?? null)
    if (key === null) return
    for (const use of scopes) this.#addScope(key, use.scope, use.lastUsedAt.getTime())
  }

  takeAll(): KeyUses[] {
    for (const key of this.#byKey.values()) this.#mergeLatest(key)
    const all = [...this.#byKey].map(([keyId, uses]) => toKeyUses(keyId, uses))
    this.#byKey = new Map()
    this.#current = undefined
    this.#currentId = null
    this.#scopeCount = 0
    return all
  }

  /** Returns the number of uses that were dropped because of a limit since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  #add(keyId: string, at: number, previousAt: number | null): Collected | null {
    const known = this.#find(keyId)
    if (known === undefined) {
      if (this.#byKey.size >= this.#limits.maxKeys) {
        this.#dropped++
        return null
      }
      this.#current = { at, previousAt, scopes: null, latest: null }
      this.#byKey.set(keyId, this.#current)
      return this.#current
    }
    if (at > known.at) known.at = at
    if (previousAt !== null && (known.previousAt === null || previousAt > known.previousAt)) {
      known.previousAt = previousAt
    }
    return known
  }

  #find(keyId: string): Collected | undefined {
    if (keyId !== this.#currentId) {
      this.#current = this.#byKey.get(keyId)
      this.#currentId = keyId
    }
    return this.#current
  }

  #mergeLatest(key: Collected): void {
    const { latest } = key
    if (latest === null) return
    for (const scope of latest.scopes) this.#addScope(key, scope, latest.at)
    key.latest = null
  }

  #addScope(key: Collected, scope: string, at: number): void {
    key.scopes ??= new Map()
    const known = key.scopes.get(scope)
    if (known === undefined) {
      if (this.#scopeCount >= this.#limits.maxScopes) {
        this.#dropped++
        return
      }
      this.#scopeCount++
    }
    if (known === undefined || at > known) key.scopes.set(scope, at)
  }
}

function toKeyUses(keyId: string, { at, previousAt, scopes }: Collected): KeyUses {
  return {
    keyId,
    lastUsedAt: new Date(at),
    previousLastUsedAt: previousAt === null ? null : new Date(previousAt),
    scopes: [...(scopes ?? [])].map(([scope, last]) => ({ scope, lastUsedAt: new Date(last) })),
  }
}

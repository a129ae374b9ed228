import type { KeyUseOrigin, KeyUses } from './directory.ts'
import type { CredentialCarrier } from './presented-credential.ts'
import { originOf } from './use-origin.ts'

export interface CollectedUsesLimits {
  readonly maxKeys: number
  /** The maximum number of scopes of all keys together. */
  readonly maxScopes: number
}

interface Collected {
  /** Is another object after each `takeAll`. */
  readonly interval: object
  at: number
  previousAt: number | null
  /** The client. No request is kept, because it has the secret of the key. */
  from: KeyUseOrigin | null
  previousFrom: KeyUseOrigin | null
  /** The time of the latest use by scope, without those of `latest`; `null`: none. */
  scopes: Map<string, number> | null
  /** The list added last. The same list is often added again, which costs one comparison. */
  latest: { readonly scopes: readonly string[]; at: number } | null
}

/** Keeps what was collected of one key last, so that its next use needs no lookup. */
export interface UseSlot {
  collected: Collected | null
}

/** Collects the latest use of each key and of each scope that it needed, in memory, up to a limit. */
export class CollectedUses {
  readonly #limits: CollectedUsesLimits
  #byKey = new Map<string, Collected>()
  #interval: object = {}
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

  /**
   * @param at milliseconds since the epoch; a time before the known one changes nothing
   * @param from the request; `null`: unknown
   * @param slot the same one for all uses of the key. Default: the key is looked up
   */
  add(
    keyId: string,
    at: number,
    previousAt: number | null,
    from: CredentialCarrier | null,
    slot: UseSlot | null = null,
  ): void {
    const key = this.#find(keyId, slot) ?? this.#start(keyId, at, previousAt)
    if (key === null) return
    if (slot !== null && slot.collected !== key) slot.collected = key
    const read = from === null ? null : originOf(from, key.from)
    if (at >= key.at) {
      key.at = at
      key.from = read
    }
    if (previousAt !== null && (key.previousAt === null || previousAt >= key.previousAt)) {
      key.previousAt = previousAt
      key.previousFrom = read
    }
  }

  /** @param scopes must not be changed afterwards */
  addScopes(keyId: string, scopes: readonly string[], at: number): void {
    const key = this.#find(keyId) ?? this.#start(keyId, at, null)
    if (key === null) return
    if (at > key.at) key.at = at
    const { latest } = key
    if (latest?.scopes !== scopes) {
      this.#mergeLatest(key)
      key.latest = { scopes, at }
    } else if (at > latest.at) latest.at = at
  }

  /** Adds a use that {@link takeAll} returned. Newer times stay, with their clients. */
  putBack(use: KeyUses): void {
    const at = use.lastUsedAt.getTime()
    const previousAt = use.previousLastUsedAt?.getTime() ?? null
    const known = this.#find(use.keyId)
    const key = known ?? this.#start(use.keyId, at, previousAt)
    if (key === null) return
    if (known === undefined || at > key.at) {
      key.at = at
      key.from = use.lastUsedFrom ?? null
    }
    if (
      previousAt !== null &&
      (known === undefined || key.previousAt === null || previousAt > key.previousAt)
    ) {
      key.previousAt = previousAt
      key.previousFrom = use.previousLastUsedFrom ?? null
    }
    for (const { scope, lastUsedAt } of use.scopes) this.#addScope(key, scope, lastUsedAt.getTime())
  }

  takeAll(): KeyUses[] {
    for (const key of this.#byKey.values()) this.#mergeLatest(key)
    const all = [...this.#byKey].map(([keyId, uses]) => toKeyUses(keyId, uses))
    this.#byKey = new Map()
    this.#interval = {}
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

  /** Returns `null` if there are too many keys. */
  #start(keyId: string, at: number, previousAt: number | null): Collected | null {
    if (this.#byKey.size >= this.#limits.maxKeys) {
      this.#dropped++
      return null
    }
    this.#current = {
      interval: this.#interval,
      at,
      previousAt,
      from: null,
      previousFrom: null,
      scopes: null,
      latest: null,
    }
    this.#byKey.set(keyId, this.#current)
    return this.#current
  }

  #find(keyId: string, slot: UseSlot | null = null): Collected | undefined {
    if (keyId !== this.#currentId) {
      const kept = slot?.collected ?? null
      this.#current = kept?.interval === this.#interval ? kept : this.#byKey.get(keyId)
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

function toKeyUses(keyId: string, uses: Collected): KeyUses {
  const { at, previousAt, from, previousFrom, scopes } = uses
  return {
    keyId,
    lastUsedAt: new Date(at),
    previousLastUsedAt: previousAt === null ? null : new Date(previousAt),
    ...(from !== null && { lastUsedFrom: from }),
    ...(previousFrom !== null && { previousLastUsedFrom: previousFrom }),
    scopes: [...(scopes ?? [])].map(([scope, last]) => ({ scope, lastUsedAt: new Date(last) })),
  }
}

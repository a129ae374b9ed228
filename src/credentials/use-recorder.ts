import { createFlusher, type Flusher } from '../flusher.ts'
import type { KeyUses } from './directory.ts'

/** One authenticated use of an API key. */
export interface KeyUse {
  readonly keyId: string
  /** Milliseconds since the epoch: comparing numbers is many times quicker than comparing dates. */
  readonly at: number
  /** Whether the secret of before the last rotation was sent. */
  readonly previousSecret: boolean
}

/**
 * Collects uses in memory, so that no request waits for their writing: one statement each time. What
 * could not be written is kept for the next.
 */
export interface UseRecorder extends Flusher {
  record(use: KeyUse): void
  /** Notes what an operation of a key really needed. The list must not change afterwards. */
  recordScopes(keyId: string, scopes: readonly string[], at: number): void
}

export interface UseRecorderOptions {
  readonly write: (uses: readonly KeyUses[]) => Promise<void>
  /** How often collected uses are written. Milliseconds, default 5000. */
  readonly intervalMs?: number
  /** Keys remembered between two writes; uses of further keys are dropped. Default 100000. */
  readonly maxKeys?: number
  /** Needed scopes remembered between two writes, of all keys together. Default 200000. */
  readonly maxScopes?: number
  readonly onError?: (error: unknown) => void
}

interface Collected {
  at: number
  previousAt: number | null
  /** Latest time by scope, but for `latest`; `null` where none was noted. */
  scopes: Map<string, number> | null
  /** What was noted last: the same list comes again and again, and costs a comparison. */
  latest: { readonly scopes: readonly string[]; at: number } | null
}

export function createUseRecorder(options: UseRecorderOptions): UseRecorder {
  const { write, intervalMs = 5_000, maxKeys = 100_000, maxScopes = 200_000, onError } = options
  let collected = new Map<string, Collected>()
  /** The one asked for last: a use and what it needed come one after the other. */
  let current: Collected | undefined
  let currentId: string | null = null
  let scopeCount = 0

  function find(keyId: string): Collected | undefined {
    if (keyId !== currentId) {
      current = collected.get(keyId)
      currentId = keyId
    }
    return current
  }

  function add(keyId: string, at: number, previousAt: number | null): Collected | null {
    const known = find(keyId)
    if (known === undefined) {
      if (collected.size >= maxKeys) return null
      current = { at, previousAt, scopes: null, latest: null }
      collected.set(keyId, current)
      return current
    }
    if (at > known.at) known.at = at
    if (previousAt !== null && (known.previousAt === null || previousAt > known.previousAt)) {
      known.previousAt = previousAt
    }
    return known
  }

  function addScopes(key: Collected, scopes: readonly string[], at: number): void {
    const { latest } = key
    if (latest?.scopes !== scopes) {
      keepLatest(key)
      key.latest = { scopes, at }
    } else if (at > latest.at) latest.at = at
  }

  function keepLatest(key: Collected): void {
    const { latest } = key
    if (latest === null) return
    for (const scope of latest.scopes) addScope(key, scope, latest.at)
    key.latest = null
  }

  function addScope(key: Collected, scope: string, at: number): void {
    key.scopes ??= new Map()
    const known = key.scopes.get(scope)
    if (known === undefined) {
      if (scopeCount >= maxScopes) return
      scopeCount++
    }
    if (known === undefined || at > known) key.scopes.set(scope, at)
  }

  async function writeCollected(): Promise<void> {
    if (collected.size === 0) return
    for (const key of collected.values()) keepLatest(key)
    const batch = [...collected].map(([keyId, uses]) => toKeyUses(keyId, uses))
    collected = new Map()
    current = undefined
    currentId = null
    scopeCount = 0
    try {
      await write(batch)
    } catch (error) {
      for (const { keyId, lastUsedAt, previousLastUsedAt, scopes } of batch) {
        const key = add(keyId, lastUsedAt.getTime(), previousLastUsedAt?.getTime() ?? null)
        for (const { scope, lastUsedAt: at } of scopes) {
          if (key !== null) addScope(key, scope, at.getTime())
        }
      }
      onError?.(error)
    }
  }

  return {
    record({ keyId, at, previousSecret }) {
      add(keyId, at, previousSecret ? at : null)
    },
    recordScopes(keyId, scopes, at) {
      const key = add(keyId, at, null)
      if (key !== null) addScopes(key, scopes, at)
    },
    ...createFlusher(writeCollected, intervalMs),
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

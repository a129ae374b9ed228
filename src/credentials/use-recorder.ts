import type { KeyUses } from './directory.ts'

/** One authenticated use of an API key. */
export interface KeyUse {
  readonly keyId: string
  readonly at: Date
  /** Whether the secret of before the last rotation was sent. */
  readonly previousSecret: boolean
}

/** Collects uses in memory, so that no request waits for their writing. */
export interface UseRecorder {
  record(use: KeyUse): void
  /** Writes what was collected, in one statement. What could not be written is kept for the next time. */
  flush(): Promise<void>
  /** Stops the timer and writes the rest. */
  close(): Promise<void>
}

export interface UseRecorderOptions {
  readonly write: (uses: readonly KeyUses[]) => Promise<void>
  /** How often collected uses are written. Milliseconds, default 5000. */
  readonly intervalMs?: number
  /** Keys remembered between two writes; uses of further keys are dropped. Default 100000. */
  readonly maxKeys?: number
  readonly onError?: (error: unknown) => void
}

export function createUseRecorder(options: UseRecorderOptions): UseRecorder {
  const { write, intervalMs = 5_000, maxKeys = 100_000, onError } = options
  let collected = new Map<string, KeyUses>()
  let flushing: Promise<void> | null = null

  function add(uses: KeyUses): void {
    const known = collected.get(uses.keyId)
    if (known === undefined && collected.size >= maxKeys) return
    collected.set(uses.keyId, known === undefined ? uses : latest(known, uses))
  }

  async function writeCollected(): Promise<void> {
    if (collected.size === 0) return
    const batch = collected
    collected = new Map()
    try {
      await write([...batch.values()])
    } catch (error) {
      for (const uses of batch.values()) add(uses)
      onError?.(error)
    }
  }

  async function flush(): Promise<void> {
    flushing ??= writeCollected().finally(() => {
      flushing = null
    })
    await flushing
  }

  const timer = setInterval(flush, intervalMs)
  timer.unref()

  return {
    record({ keyId, at, previousSecret }) {
      add({ keyId, lastUsedAt: at, previousLastUsedAt: previousSecret ? at : null })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flushing
      await flush()
    },
  }
}

function latest(a: KeyUses, b: KeyUses): KeyUses {
  return {
    keyId: a.keyId,
    lastUsedAt: later(a.lastUsedAt, b.lastUsedAt),
    previousLastUsedAt: later(a.previousLastUsedAt, b.previousLastUsedAt),
  }
}

function later<T extends Date | null>(a: T, b: T): T {
  if (a === null) return b
  return b !== null && b > a ? b : a
}

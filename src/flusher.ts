/** Writes data that is collected in memory, at an interval. */
export interface Flusher {
  /** Writes now, or waits for the write under way. */
  flush(): Promise<void>
  /** Stops the timer and writes the rest. */
  close(): Promise<void>
}

/**
 * @param write writes the collected data and handles its own failures
 * @param intervalMs milliseconds between two writes. The timer does not keep the process alive.
 */
export function createFlusher(write: () => Promise<void>, intervalMs: number): Flusher {
  let flushing: Promise<void> | null = null

  async function flush(): Promise<void> {
    flushing ??= write().finally(() => {
      flushing = null
    })
    await flushing
  }

  const timer = setInterval(flush, intervalMs)
  timer.unref()

  return {
    flush,
    async close() {
      clearInterval(timer)
      await flushing
      await flush()
    },
  }
}

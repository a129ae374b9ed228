/** Writes now and then what was collected in memory. */
export interface Flusher {
  /** Writes now; of several at once there is one writing. */
  flush(): Promise<void>
  /** Stops the timer and writes the rest. */
  close(): Promise<void>
}

/**
 * @param write writes what was collected; deals with its own failures
 * @param intervalMs how often it is called. It does not keep the process alive.
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

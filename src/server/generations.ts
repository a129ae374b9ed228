import type { App } from './create-app.ts'

/** Everything that depends on settings which can be read again, made from one configuration. */
export interface Generation extends Omit<App, 'development' | 'reload' | 'close'> {
  close(): Promise<void>
}

/** The generation that serves, and earlier ones whose requests may not be answered yet. */
export interface Generations {
  readonly current: Generation
  /** Serves all further requests with `next`. Closes the earlier generation after its last request. */
  replace(next: Generation): void
  /** Closes all generations. */
  close(): Promise<void>
}

/** @param lastRequestMs the time within which every request is answered, in milliseconds */
export function createGenerations(first: Generation, lastRequestMs: number): Generations {
  const retiring = new Map<Generation, NodeJS.Timeout>()
  let current = first

  async function retire(generation: Generation): Promise<void> {
    clearTimeout(retiring.get(generation))
    if (retiring.delete(generation)) await generation.close()
  }

  return {
    get current() {
      return current
    },
    replace(next) {
      const earlier = current
      current = next
      const timer = setTimeout(() => void retire(earlier), lastRequestMs).unref()
      retiring.set(earlier, timer)
    },
    async close() {
      await Promise.all([...retiring.keys()].map(retire))
      await current.close()
    },
  }
}

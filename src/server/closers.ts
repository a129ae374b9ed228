import type { Logger } from '../log.ts'

/** Functions that close what was opened, in the order of opening. */
export type Closers = (() => Promise<void>)[]

/** Returns a function that closes everything in reverse order, once. A failure is logged. */
export function closingAll(opened: Closers, log: Logger): () => Promise<void> {
  return async () => {
    for (const closeOne of opened.splice(0).reverse()) {
      await closeOne().catch((error: unknown) =>
        log.error({ err: error }, 'a part of the server could not be closed'),
      )
    }
  }
}

/** Functions that close what was opened, in the order of opening. */
export type Closers = (() => Promise<void>)[]

/**
 * Returns a function that closes everything in reverse order. Each function is called once, and further
 * calls wait for the first.
 *
 * @param onFailure called with the error of each function that fails; the others are called nevertheless
 */
export function closingAll(
  opened: Closers,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  let closed: Promise<void> = Promise.resolve()
  return () => {
    const rest = opened.splice(0).reverse()
    closed = closed.then(async () => {
      for (const closeOne of rest) await closeOne().catch(onFailure)
    })
    return closed
  }
}

/** A query whose last answer was lost. */
export interface LostQuery {
  readonly ask: () => void
  /** Whether the screen still shows an earlier answer. */
  readonly isOld: boolean
  /** The seconds that the server asks to wait. */
  readonly retryAfter: number
}

const firstDelay = 2000
const maxDelay = 30_000

let lost: readonly LostQuery[] = []
let delay = firstDelay
/** The time before which the server wants no request. */
let notBefore = 0
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/**
 * Asks again and again, ever less often, until the returned function is called. All queries share one timer: what
 * keeps one of them from an answer usually keeps the others too.
 */
export function recover(query: LostQuery): () => void {
  notBefore = Math.max(notBefore, Date.now() + query.retryAfter * 1000)
  change([...lost, query])
  addEventListener('online', tryAgain)
  document.addEventListener('visibilitychange', tryAgain)
  timer ??= setTimeout(tryAgain, pause())
  return () => {
    change(lost.filter((other) => other !== query))
    // A query that fails once more leaves and comes back at once.
    queueMicrotask(() => {
      if (lost.length > 0) return
      clearTimeout(timer)
      timer = undefined
      delay = firstDelay
    })
  }
}

/** Whether something on the screen may be out of date. */
export const showsOld = (): boolean => lost.some(({ isOld }) => isOld)

export function subscribeToLost(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Asks now, unless nobody sees the page or the server asks to wait. */
export function tryAgain(): void {
  if (lost.length === 0) return
  clearTimeout(timer)
  const isAllowed = document.visibilityState === 'visible' && Date.now() >= notBefore
  if (isAllowed) {
    delay = Math.min(delay * 2, maxDelay)
    for (const { ask } of lost) ask()
  }
  timer = setTimeout(tryAgain, pause())
}

/** Pages that lost the server at the same time do not all come back at the same time. */
function pause(): number {
  return Math.max(delay * (0.75 + Math.random() / 2), notBefore - Date.now())
}

function change(next: readonly LostQuery[]): void {
  lost = next
  for (const listener of listeners) listener()
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** How long stopping may take before the process is ended anyway. Milliseconds. */
const stopTimeoutMs = 9_500

/**
 * Resolves when the process is asked to stop. Asking again changes nothing: npm and the terminal both
 * pass on one Ctrl-C.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      resolve()
      exitAfterTimeout()
    }
    for (const signal of signals) process.on(signal, stop)
  })
}

/** Aborted when `asked` resolves. */
export function abortSignal(asked: Promise<void>): AbortSignal {
  const controller = new AbortController()
  void asked.then(() => controller.abort(new StoppedError()))
  return controller.signal
}

/** The process was asked to stop before it had done what it was started for. */
class StoppedError extends Error {
  override readonly name = 'StoppedError'

  constructor() {
    super('It was stopped before it was done.')
  }
}

/**
 * From now on, a process that is asked to stop cleans up before it ends with 1.
 *
 * @returns what makes it end at once again
 */
export function cleanUpOnStop(cleanUp: () => Promise<void>): () => void {
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    exitAfterTimeout()
    const end = () => process.exit(1)
    cleanUp().then(end, end)
  }
  for (const signal of signals) process.on(signal, stop)
  return () => {
    for (const signal of signals) process.off(signal, stop)
  }
}

function exitAfterTimeout(): void {
  setTimeout(() => process.exit(1), stopTimeoutMs).unref()
}

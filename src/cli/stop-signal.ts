import { closeSync, openSync } from 'node:fs'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * The process exits this long after a stop signal and the shutdown delay, even if it has not finished.
 * Milliseconds.
 */
const stopTimeoutMs = 9_500

export interface StopSignalOptions {
  /** The time before the process begins to stop, in milliseconds. Default 0. */
  readonly delayMs?: number
  /**
   * Called at SIGHUP, which then stops nothing, unless it was sent because the terminal of the process was
   * closed. Default: SIGHUP is a stop signal.
   */
  readonly onReload?: () => void
}

/**
 * Resolves at the first stop signal. Further signals are ignored, because npm and the terminal each send
 * one for a single Ctrl-C.
 */
export function stopSignal({ delayMs = 0, onReload }: StopSignalOptions = {}): Promise<void> {
  const startedInTerminal = onReload !== undefined && hasTerminal()
  return new Promise((resolve) => {
    const stop = () => {
      resolve()
      exitAfterTimeout(delayMs)
    }
    for (const signal of signals) {
      process.on(signal, () => {
        const isReload = signal === 'SIGHUP' && !(startedInTerminal && !hasTerminal())
        if (isReload && onReload !== undefined) onReload()
        else stop()
      })
    }
  })
}

/** Whether the process has a controlling terminal. After that was closed, it cannot be opened. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** Returns a signal that is aborted when `stopped` resolves. */
export function abortSignal(stopped: Promise<void>): AbortSignal {
  const controller = new AbortController()
  void stopped.then(() => controller.abort(new StoppedError()))
  return controller.signal
}

/** A stop signal came before the command had finished. */
class StoppedError extends Error {
  override readonly name = 'StoppedError'

  constructor() {
    super('The command was stopped before it had finished.')
  }
}

/**
 * Runs `cleanUp` at a stop signal, then exits with 1.
 *
 * @returns a function that restores the default reaction to the signals
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

function exitAfterTimeout(delayMs = 0): void {
  setTimeout(() => process.exit(1), stopTimeoutMs + delayMs).unref()
}

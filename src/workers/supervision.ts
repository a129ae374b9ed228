import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../log.ts'

/** The delay before a worker that ended is replaced, in milliseconds. It doubles with each failure. */
const minRestartDelayMs = 100
const maxRestartDelayMs = 10_000
/** The run time after which the delay starts at its minimum again, in milliseconds. */
const stableAfterMs = 10_000

/** Replaces a worker that ends by one from `launch`, and that one in turn, until `stopping` aborts. */
export async function superviseWorker(
  first: Worker,
  launch: () => Worker,
  stopping: AbortSignal,
  log: Logger,
): Promise<void> {
  let worker = first
  let restartDelayMs = minRestartDelayMs
  for (;;) {
    const started = performance.now()
    const { code, signal } = await waitForExit(worker)
    if (stopping.aborted) return
    log.error({ worker: worker.process.pid, code, signal }, 'a worker ended; it is replaced')
    if (performance.now() - started > stableAfterMs) restartDelayMs = minRestartDelayMs
    await sleep(restartDelayMs, undefined, { signal: stopping }).catch(() => {})
    restartDelayMs = Math.min(restartDelayMs * 2, maxRestartDelayMs)
    if (stopping.aborted) return
    worker = launch()
  }
}

interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/**
 * Waits until a worker has ended. Does not use Node's `once`, which rejects on `error`, such as a message that
 * a worker which just ended cannot receive.
 */
export async function waitForExit(worker: Worker): Promise<Exit> {
  const { exitCode, signalCode } = worker.process
  if (worker.isDead()) return { code: exitCode, signal: signalCode }
  return await new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }))
  })
}

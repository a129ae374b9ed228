import type { Logger } from '../log.ts'

export interface UpkeepOptions {
  /** The tasks by name. They run one after the other. */
  readonly tasks: Readonly<Record<string, () => Promise<unknown>>>
  readonly log: Pick<Logger, 'warn'>
  /**
   * The mean time between rounds, in milliseconds. Default 300,000. It varies by half, so that nodes do not
   * run in step.
   */
  readonly intervalMs?: number
  /** Returns a number from 0 up to, not including, 1. Default `Math.random`. */
  readonly random?: () => number
}

export interface Upkeep {
  /** Runs every task once, now. A task that fails is logged, and runs again in the next round. */
  run(): Promise<void>
  /** Stops the rounds, and waits for the current one. */
  close(): Promise<void>
}

/** Runs maintenance tasks periodically. */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { tasks, log, intervalMs = 300_000, random = Math.random } = options
  let running: Promise<void> | null = null
  let closed = false
  let timer = schedule()

  function schedule() {
    return setTimeout(
      async () => {
        await run()
        if (!closed) timer = schedule()
      },
      intervalMs * (0.5 + random()),
    ).unref()
  }

  async function runTasks(): Promise<void> {
    for (const [name, task] of Object.entries(tasks)) {
      try {
        await task()
      } catch (error) {
        log.warn(
          { err: error, task: name },
          'an upkeep task failed; it runs again in the next round',
        )
      }
    }
  }

  async function run(): Promise<void> {
    running ??= runTasks().finally(() => {
      running = null
    })
    await running
  }

  return {
    run,
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}

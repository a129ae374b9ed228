import type { Logger } from '../log.ts'

export interface UpkeepOptions {
  /** By name, done one after the other. */
  readonly tasks: Readonly<Record<string, () => Promise<unknown>>>
  readonly log: Logger
  /** Between two rounds, give or take half of it, so that nodes started together do not stay in step. Milliseconds, default 300000. */
  readonly intervalMs?: number
  /** From 0 up to 1. Default `Math.random`. */
  readonly random?: () => number
}

export interface Upkeep {
  /** Does everything once, now. A task that fails is logged and tried again in the next round. */
  run(): Promise<void>
  /** No more rounds; waits for the one under way. */
  close(): Promise<void>
}

/** Does what has to be done from time to time. */
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
        log.warn({ err: error, task: name }, 'upkeep failed; it is tried again')
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

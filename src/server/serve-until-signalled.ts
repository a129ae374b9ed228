import type { Config } from '../config.ts'
import { startServer } from '../server.ts'

/** However a stop goes, the process is gone by then. Milliseconds. */
const patience = 9_500

/**
 * Serves until SIGTERM or SIGINT, then stops in order and exits with 0; with 1 where that fails or
 * takes too long. A second signal ends it at once. Resolves once it serves.
 */
export async function serveUntilSignalled(config: Config): Promise<void> {
  let stop: (() => Promise<void>) | null = null
  let signalled = false

  const end = (): void => {
    if (stop === null) return
    setTimeout(() => process.exit(1), patience).unref()
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  const onSignal = (): void => {
    if (signalled) process.exit(1)
    signalled = true
    end()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  const server = await startServer(config)
  stop = server.stop
  // The signal came while it was starting: what was started is stopped in order all the same.
  if (signalled) end()
}

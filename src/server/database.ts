import type { Config } from '../config.ts'
import { startEmbeddedPostgres } from '../db/embedded.ts'
import type { Logger } from '../log.ts'

export interface LaunchedDatabase {
  /** Its URL, once it takes connections as far as that is for us to bring about. */
  readonly ready: Promise<string>
  /** Stops what was started for it, also before it is ready. */
  stop(): Promise<void>
}

/**
 * The configured database, or the embedded one. The embedded one is a process that runs when this
 * resolves, and gets ready beside whatever is done until it is asked for.
 *
 * @param settings of the embedded one, beside the defaults
 * @throws DataDirInUseError, EmbeddedUnavailableError, EmbeddedStartError
 */
export async function launchDatabase(
  config: Config,
  log: Logger,
  settings: Readonly<Record<string, string>> = {},
): Promise<LaunchedDatabase> {
  const { url } = config.database
  if (url !== null) return { ready: Promise.resolve(url), stop: async () => {} }
  let onLaunch = () => {}
  const launched = new Promise<void>((resolve) => {
    onLaunch = resolve
  })
  const starting = startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (message) => log.info(message),
    onLaunch,
    settings,
  })
  await Promise.race([launched, starting])
  const ready = starting.then((embedded) => embedded.url)
  // Whoever waits for it hears of it.
  ready.catch(() => {})
  return {
    ready,
    stop: () =>
      starting.then(
        (embedded) => embedded.stop(),
        () => {},
      ),
  }
}

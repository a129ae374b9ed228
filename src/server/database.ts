import type { Config } from '../config.ts'
import { startEmbeddedPostgres } from '../db/embedded.ts'
import type { Logger } from '../log.ts'

export interface LaunchedDatabase {
  /** Resolves with the URL. An embedded database accepts connections by then. */
  readonly ready: Promise<string>
  /** Stops the embedded database, also before it is ready. */
  stop(): Promise<void>
}

/**
 * Returns the configured database, or launches the embedded one. It resolves when the embedded process runs;
 * the database then becomes ready in the background.
 *
 * @param settings PostgreSQL settings of the embedded database, in addition to the defaults
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
  // Callers that await `ready` get the error. This prevents an unhandled rejection if none does.
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

import type { Config } from '../config.ts'
import type { App, CreateAppOptions } from './create-app.ts'
import { launchDatabase } from './database.ts'
import { createServerLogger, logWarnings } from './logger.ts'

export interface RunningServer {
  readonly port: number
  /** The URL of the server as clients see it. */
  readonly publicUrl: string
  readonly app: App
  /** Reads the identity keys, SCOPES_FILE and the issuers again, all or nothing. Logs the outcome. */
  reload(read: () => Config): Promise<void>
  /**
   * Makes `/readyz` answer 503, serves as before for SHUTDOWN_DELAY_SECONDS, then accepts no more
   * connections, answers requests in flight within 5 seconds, and closes everything.
   */
  stop(): Promise<void>
}

export interface StartServerOptions
  extends Pick<CreateAppOptions, 'log' | 'metricsPeers' | 'signal'> {
  /** Prints the development banner. Default: to standard output. */
  readonly print?: (text: string) => void
  /**
   * Whether the process joins others at the same address, which have prepared the database. Requires a
   * fixed port. Default `false`.
   */
  readonly joining?: boolean
  /** Called before the process listens, if another process of the server has reserved the port. */
  readonly releasePort?: () => Promise<void>
}

/**
 * Starts the server, and the embedded database if none is configured.
 *
 * @throws the errors of `listen` and `createApp`; nothing is then left open
 */
export async function startServer(
  config: Config,
  options: StartServerOptions = {},
): Promise<RunningServer> {
  const log = options.log ?? createServerLogger(config)
  // Of several processes at one address, only the first logs the warnings.
  if (!options.joining) logWarnings(config, log)
  const print = options.print ?? ((text) => process.stdout.write(text))
  const database = await launchDatabase(config, log)
  try {
    // Loading this module takes about as long as the start of the database, so both run in parallel.
    const { serve } = await import('./serve.ts')
    return await serve(config, database, { ...options, log, print })
  } catch (error) {
    await database.stop()
    throw error
  }
}

import type { Config } from '../config.ts'
import type { App, CreateAppOptions } from './create-app.ts'
import { launchDatabase } from './database.ts'
import { createServerLogger } from './logger.ts'

export interface RunningServer {
  readonly port: number
  /** As others see it. */
  readonly publicUrl: string
  readonly app: App
  /** Takes no more requests, answers those in flight, then closes everything. Requests get 5 seconds. */
  stop(): Promise<void>
}

export interface StartServerOptions
  extends Pick<CreateAppOptions, 'log' | 'metricsPeers' | 'signal'> {
  /** Where the development banner goes. Default standard output. */
  readonly print?: (text: string) => void
  /**
   * It comes to others at the same address, which have prepared the database: it listens only once it
   * is ready. The port must be known. Default `false`.
   */
  readonly joining?: boolean
}

/**
 * Starts all there is: the embedded database where none is configured, and the server.
 *
 * @throws what `listen` and `createApp` throw; nothing is left open then
 */
export async function startServer(
  config: Config,
  options: StartServerOptions = {},
): Promise<RunningServer> {
  const log = options.log ?? createServerLogger(config)
  // Of several processes at one address, one says it.
  if (!options.joining) for (const warning of config.warnings) log.warn(warning)
  const print = options.print ?? ((text) => process.stdout.write(text))
  const database = await launchDatabase(config, log)
  try {
    // Takes about as long to load as the database to get ready.
    const { serve } = await import('./serve.ts')
    return await serve(config, database, { ...options, log, print })
  } catch (error) {
    await database.stop()
    throw error
  }
}

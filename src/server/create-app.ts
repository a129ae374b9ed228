import type { Plugin } from 'graphql-yoga'
import { createPacing, type Pacing } from '../admission/pacing.ts'
import type { Config } from '../config.ts'
import type { HttpApp } from '../http/app.ts'
import type { MetricsPeers } from '../http/metrics.ts'
import type { Logger } from '../log.ts'
import type { NodeListener } from '../node/node-listener.ts'
import { createSchema } from '../schema/index.ts'
import { createScopeCatalogue } from '../scopes.ts'
import { openConfiguredDatabase, prepareSchema } from './configured-database.ts'
import { type LaunchedDatabase, launchDatabase } from './database.ts'
import { type DevelopmentCredentials, prepareDevelopment } from './development.ts'
import { createEndpoints } from './endpoints.ts'
import { createServerLogger } from './logger.ts'
import { startServices } from './services.ts'
import { requireStoredPeppers } from './stored-peppers.ts'

export interface CreateAppOptions {
  /** This server as others see it, where the configuration leaves it open. */
  readonly publicUrl?: string
  /** Default: a logger to standard error at the configured level. */
  readonly log?: Logger
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Milliseconds that an operation may take. Default 10,000. */
  readonly timeLimit?: number
  /** How clients are slowed whose requests take long turns. Default: `createPacing()`. */
  readonly pacing?: Pacing
  /**
   * Run after our own. One that hooks into requests or responses is shown each as a fetch Request and
   * Response, which makes every request a few times as dear. Default none.
   */
  readonly plugins?: readonly Plugin[]
  /** Another has migrated the database and, in development, made the users to try it with. Default `false`. */
  readonly prepared?: boolean
  /** Ends the start; {@link createApp} then throws its reason. */
  readonly signal?: AbortSignal
  /** Whose metrics are told with this one's. */
  readonly metricsPeers?: MetricsPeers
}

export interface App {
  /** Answers a request. `connection.peerAddress` is who sent it, where that is known. */
  readonly fetch: HttpApp
  /** Answers what is asked most without a Request being made, for Node's own server; `false`: the rest. */
  readonly listener: NodeListener
  /** Credentials for trying it out; `null` outside development, and where another has `prepared` them. */
  readonly development: DevelopmentCredentials | null
  /** From here on `/readyz` asks for no more traffic. */
  shutDown(): void
  /** Writes what is pending, closes every connection, and stops the embedded database last. */
  close(): Promise<void>
}

/**
 * The whole server but for the socket: opens and migrates the database (starting the embedded one
 * where none is configured), and answers requests. What was opened is closed again when it fails.
 *
 * @throws ConfigError, DataDirInUseError, EmbeddedUnavailableError, ServiceUnavailableError,
 *   SchemaError, MigrationError, Error from Postgres
 */
export async function createApp(config: Config, options: CreateAppOptions = {}): Promise<App> {
  const log = options.log ?? createServerLogger(config)
  for (const warning of config.warnings) log.warn(warning)
  return await createAppOn(await launchDatabase(config, log), config, { ...options, log })
}

/** {@link CreateAppOptions} with the defaults in place. */
export type AppSettings = ReturnType<typeof withDefaults>

type OptionsWithLog = CreateAppOptions & Required<Pick<CreateAppOptions, 'log'>>

function withDefaults(config: Config, options: OptionsWithLog) {
  return {
    now: Date.now,
    timeLimit: 10_000,
    pacing: createPacing(),
    plugins: [],
    prepared: false,
    ...options,
    publicUrl: config.publicUrl ?? options.publicUrl ?? `http://127.0.0.1:${config.port}`,
  }
}

/** The same on a database that is getting ready, which is stopped with it. */
export async function createAppOn(
  launched: LaunchedDatabase,
  config: Config,
  options: OptionsWithLog,
): Promise<App> {
  const { log } = options
  const opened = [() => launched.stop()]
  const close = async () => {
    for (const closeOne of opened.splice(0).reverse()) {
      await closeOne().catch((error: unknown) => log.error({ err: error }, 'could not close'))
    }
  }
  try {
    return { ...(await assemble(launched, config, withDefaults(config, options), opened)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function assemble(
  launched: LaunchedDatabase,
  config: Config,
  settings: AppSettings,
  opened: (() => Promise<void>)[],
): Promise<Omit<App, 'close'>> {
  const { log, now, prepared, signal } = settings
  const catalogue = createScopeCatalogue(config.otherScopes)
  // Takes long, and needs no database: that gets ready meanwhile.
  const schema = createSchema(catalogue)
  const url = await launched.ready
  signal?.throwIfAborted()
  if (!prepared) await prepareSchema(url, config, settings)
  const database = openConfiguredDatabase(url, config, log)
  opened.push(() => database.close())
  await requireStoredPeppers(database.peppers, config.keyPeppers, new Date(now()))
  const services = await startServices(config, settings, { database, catalogue, schema }, opened)
  const endpoints = createEndpoints(config, settings, services)
  const { developmentIssuer } = services
  const development =
    developmentIssuer === null || prepared
      ? null
      : await prepareDevelopment(services, developmentIssuer, now)
  return { ...endpoints, development }
}

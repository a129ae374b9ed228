import type { Plugin } from 'graphql-yoga'
import type { Config } from '../config.ts'
import { firstAnswer } from '../db/first-answer.ts'
import { startFailure } from '../db/start-failure.ts'
import { recordIssuer } from '../development/recorded-issuer.ts'
import { type DevelopmentCredentials, prepareDevelopment } from '../development/samples.ts'
import { type Closers, closingAll } from '../embedding/closers.ts'
import type { HttpApp } from '../http/app.ts'
import type { Cors } from '../http/cors.ts'
import { createPacing, type Pacing } from '../limits/pacing.ts'
import type { Logger } from '../log.ts'
import type { MetricsPeers } from '../metrics/metrics.ts'
import type { NodeListener } from '../node/node-listener.ts'
import { createSchema } from '../schema/index.ts'
import { createScopeCatalogue } from '../scopes.ts'
import { openConfiguredDatabase, prepareSchema } from './configured-database.ts'
import { type LaunchedDatabase, launchDatabase } from './database.ts'
import { createEndpoints, createLastingParts } from './endpoints.ts'
import { createGenerations, type Generation, type Generations } from './generations.ts'
import { warnOfMissingIdentityKeys } from './identity.ts'
import { createServerLogger, logWarnings } from './logger.ts'
import { requireMergedIssuers } from './merged-issuers.ts'
import { type Services, startServices } from './services.ts'
import { requireStoredPeppers } from './stored-peppers.ts'

export interface CreateAppOptions {
  /** The server's URL as clients see it, used if the configuration has none. */
  readonly publicUrl?: string
  /** Default: a logger to standard error at the configured level. */
  readonly log?: Logger
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** The time limit of an operation, in milliseconds. Default 10,000. */
  readonly timeLimit?: number
  /** Slows down clients whose requests take long turns of the event loop. Default: `createPacing()`. */
  readonly pacing?: Pacing
  /**
   * Further plugins, which run after Latchkey's own. If one hooks into requests or responses, each request
   * needs a fetch Request and Response, and takes a few times as long. Default: none.
   */
  readonly plugins?: readonly Plugin[]
  /**
   * Whether another process has migrated the database and, in development, created the sample users. Default
   * `false`.
   */
  readonly prepared?: boolean
  /** Aborts the start; {@link createApp} then throws its reason. */
  readonly signal?: AbortSignal
  /** Other processes at the same address, whose metrics are merged with this one's. Default: none. */
  readonly metricsPeers?: MetricsPeers
}

export interface App {
  /** Answers a request. `connection.peerAddress` is the address of the peer, if it is known. */
  readonly fetch: HttpApp
  /**
   * Answers the most frequent requests of Node's server without a fetch Request; returns `false` for all
   * others.
   */
  readonly listener: NodeListener
  /** Returns the CORS headers of the answer to a request that Node's server could not read. */
  readonly shareUnreadable: Cors['shareUnreadable']
  /** Sample credentials; `null` outside development, and with `prepared`. */
  readonly development: DevelopmentCredentials | null
  /** Makes `/readyz` answer 503 from now on. Requests are still answered as before. */
  drain(): void
  /** Makes `/readyz` answer 503, and refuses requests that would have to wait, from now on. */
  shutDown(): void
  /**
   * Serves further requests with the issuers, the scopes of other services and the identity keys of `config`;
   * its other settings are ignored. Credentials are verified again. If it fails, nothing changes.
   *
   * @throws IdentityKeysError
   */
  reload(config: Config): Promise<void>
  /** Writes pending records, closes every connection, and stops the embedded database last. */
  close(): Promise<void>
}

/**
 * Creates the whole server except for the socket. Opens and migrates the database, and starts the embedded
 * one if none is configured. If it fails, it closes everything that it opened.
 *
 * @throws ConfigError, DataDirInUseError, EmbeddedUnavailableError, ServiceUnavailableError,
 *   SchemaError, MigrationError, or an Error from PostgreSQL
 */
export async function createApp(config: Config, options: CreateAppOptions = {}): Promise<App> {
  const log = options.log ?? createServerLogger(config)
  logWarnings(config, log)
  return await createAppOn(await launchDatabase(config, log), config, { ...options, log })
}

/** {@link CreateAppOptions} with defaults. */
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

/** Creates the server on a launched database, which may not be ready yet and is stopped with the server. */
export async function createAppOn(
  launched: LaunchedDatabase,
  config: Config,
  options: OptionsWithLog,
): Promise<App> {
  const opened: Closers = [() => launched.stop()]
  const close = closingAll(opened, loggingCloseFailures(options.log))
  try {
    return { ...(await assemble(launched, config, withDefaults(config, options), opened)), close }
  } catch (error) {
    await close()
    throw startFailure(error, 'createApp')
  }
}

async function assemble(
  launched: LaunchedDatabase,
  config: Config,
  settings: AppSettings,
  opened: Closers,
): Promise<Omit<App, 'close'>> {
  const { log, now, prepared, signal } = settings
  // Building the schema takes long and needs no database, which starts meanwhile.
  const scopes = withSchema(config)
  const url = await launched.ready
  signal?.throwIfAborted()
  if (!prepared) await prepareSchema(url, config, settings)
  const database = openConfiguredDatabase(url, config, log)
  opened.push(() => database.close())
  await firstAnswer(
    () => requireStoredPeppers(database.peppers, config.keyPeppers, new Date(now())),
    { signal, onWaiting: () => log.info('The database answers slowly. Waiting for it.') },
  )
  const lasting = createLastingParts(config, settings, database)
  if (!prepared) warnOfMissingIdentityKeys(config, log)

  async function generate(from: Config, { catalogue, schema } = withSchema(from)) {
    const own: Closers = []
    const close = closingAll(own, loggingCloseFailures(log))
    try {
      await requireMergedIssuers(database, from.issuers)
      const { failures } = lasting
      const parts = { database, catalogue, schema, failures }
      const services = await startServices(from, settings, parts, own)
      return { ...createEndpoints(from, settings, services, lasting), services, close }
    } catch (error) {
      await close()
      throw error
    }
  }

  const first = await generate(config, scopes)
  const generations = createGenerations(first, requestArrivalMs + settings.timeLimit)
  opened.push(() => generations.close())
  const development = prepared ? null : await startDevelopment(config, first.services, now)
  return { ...reloadable(config, generations, generate, opened), development }
}

/** Returns the credentials for the banner; `null`: this is not development. */
async function startDevelopment(
  { dataDir }: Config,
  services: Services,
  now: () => number,
): Promise<DevelopmentCredentials | null> {
  const { developmentIssuer } = services
  if (developmentIssuer === null) return null
  await recordIssuer(dataDir, developmentIssuer.settings.issuer)
  return await prepareDevelopment(services, developmentIssuer, now)
}

function loggingCloseFailures(log: Logger) {
  return (error: unknown) => log.error({ err: error }, 'a part of the server could not be closed')
}

function withSchema({ otherScopes }: Config) {
  const catalogue = createScopeCatalogue(otherScopes)
  return { catalogue, schema: createSchema(catalogue) }
}

/** The time for a request to arrive, to wait for its turn (pacing) and to be sent, in milliseconds. */
const requestArrivalMs = 16_000

function reloadable(
  config: Config,
  generations: Generations,
  generate: (config: Config) => Promise<Generation>,
  opened: Closers,
): Omit<App, 'development' | 'close'> {
  let isStopping = false
  /** Reloads run one after another, so that the configuration that was read last wins. */
  let last: Promise<void> = Promise.resolve()
  async function reload({ issuers, otherScopes }: Config): Promise<void> {
    if (isStopping) return
    const next = await generate({ ...config, issuers, otherScopes })
    if (isStopping) await next.close()
    else generations.replace(next)
  }
  opened.push(async () => {
    isStopping = true
    await last
  })
  return {
    fetch: (request, connection) => generations.current.fetch(request, connection),
    listener: (request, response, send) => generations.current.listener(request, response, send),
    shareUnreadable: (origin) => generations.current.shareUnreadable(origin),
    drain() {
      isStopping = true
      generations.current.drain()
    },
    shutDown() {
      isStopping = true
      generations.current.shutDown()
    },
    reload(next) {
      const done = last.then(() => reload(next))
      last = done.catch(() => {})
      return done
    },
  }
}

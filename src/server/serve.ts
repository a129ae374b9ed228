import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, listeningUrl } from '../config.ts'
import { readyText } from '../development/samples.ts'
import type { Logger } from '../log.ts'
import { requireFreePort, reservePort } from '../node/free-port.ts'
import { listen } from '../node/listen.ts'
import { createAppOn } from './create-app.ts'
import type { LaunchedDatabase } from './database.ts'
import { createReloadWarner, reloadLogged } from './reload.ts'
import type { RunningServer, StartServerOptions } from './start.ts'

/** The time for requests in flight after the server stops to listen, in milliseconds. */
const drainTimeoutMs = 5_000

type ServeOptions = StartServerOptions & Required<Pick<StartServerOptions, 'log' | 'print'>>

/**
 * Creates the app, then listens: a proxy that gets no connection tries another node, and a request is never
 * answered by a server that is not ready.
 *
 * @throws the errors of `listen` and `createApp`; only the database is then left open
 */
export async function serve(
  config: Config,
  database: LaunchedDatabase,
  options: ServeOptions,
): Promise<RunningServer> {
  const { log, print } = options
  const { app, listener, publicUrl } = await listenWhenReady(config, database, options)
  const warn = createReloadWarner(config, log)

  const startSeconds = Number((performance.now() / 1000).toFixed(2))
  log.info({ publicUrl, mode: config.mode, startSeconds }, 'ready')
  if (app.development !== null) print(readyText(publicUrl, app.development))

  return {
    port: listener.port,
    publicUrl,
    app,
    reload: (read) => reloadLogged(read, app.reload, log, warn),
    async stop() {
      log.info('stopping')
      app.drain()
      listener.drain()
      await sleep(config.shutdownDelaySeconds * 1000)
      app.shutDown()
      const drainTimer = setTimeout(() => listener.destroy(), drainTimeoutMs)
      await listener.close()
      clearTimeout(drainTimer)
      await app.close()
      log.info('stopped')
    },
  }
}

async function listenWhenReady(config: Config, database: LaunchedDatabase, options: ServeOptions) {
  const { host } = config
  const { joining = false, releasePort } = options
  // The URL of the server, which the app needs, contains the port.
  const reserved = config.port === 0 ? await reservePort(host) : null
  const port = reserved?.port ?? config.port
  if (reserved === null && !joining && !releasePort) await requireFreePort(host, port)
  const publicUrl = config.publicUrl ?? listeningUrl(host, port)
  const endReminders = remindWhileStarting(options.log)
  const app = await createAppOn(database, config, { ...options, publicUrl, prepared: joining })
    .finally(endReminders)
    .finally(() => reserved?.release())
  await releasePort?.()
  const listener = await listen({
    host,
    port,
    keepAliveTimeoutMs: config.keepAliveSeconds * 1000,
    handler: app.fetch,
    listener: app.listener,
    shareUnreadable: app.shareUnreadable,
  }).catch(async (error: unknown) => {
    await app.close()
    throw error
  })
  return { app, listener, publicUrl }
}

/** The interval between two log lines about a start that is not finished, in milliseconds. */
const reminderMs = 10_000

/** Logs from time to time that the server does not listen yet. Returns a function that ends this. */
function remindWhileStarting(log: Logger): () => void {
  const since = performance.now()
  const reminder = setInterval(() => {
    const seconds = Math.round((performance.now() - since) / 1000)
    log.info({ seconds }, 'still starting; the server listens once it is ready')
  }, reminderMs)
  return () => clearInterval(reminder)
}

import { type Config, listeningUrl } from './config.ts'
import { refuseForwardAuth } from './http/forward-auth-listener.ts'
import { problem } from './http/problem.ts'
import { type App, type CreateAppOptions, createApp } from './server/create-app.ts'
import { readyText } from './server/development.ts'
import { type Handler, listen } from './server/listen.ts'
import { createServerLogger } from './server/logger.ts'

export { type Config, ConfigError, type Environment, loadConfig } from './config.ts'
export { type App, type CreateAppOptions, createApp } from './server/create-app.ts'

export interface RunningServer {
  readonly port: number
  /** As others see it. */
  readonly publicUrl: string
  readonly app: App
  /** Takes no more requests, answers those in flight, then closes everything. Requests get 5 seconds. */
  stop(): Promise<void>
}

export interface StartServerOptions extends Pick<CreateAppOptions, 'log' | 'metricsPeers'> {
  /** Where the development banner goes. Default standard output. */
  readonly print?: (text: string) => void
  /**
   * It comes to others at the same address, which have prepared the database: it listens only once it
   * is ready. The port must be known. Default `false`.
   */
  readonly joining?: boolean
}

/** How long requests in flight may take once the server stops. Milliseconds. */
const drainTime = 5_000

/**
 * Listens, then makes ready: until then every request but `/healthz` is answered 503.
 *
 * @throws what `listen` and `createApp` throw; nothing is left open then
 */
export async function startServer(
  config: Config,
  options: StartServerOptions = {},
): Promise<RunningServer> {
  const { joining = false, metricsPeers } = options
  const log = options.log ?? createServerLogger(config)
  const print = options.print ?? ((text) => process.stdout.write(text))
  const { host, port } = config

  let handler: Handler = answerWhileStarting
  let answerDirectly = refuseForwardAuth
  const open = () =>
    listen({
      host,
      port,
      handler: (request, connection) => handler(request, connection),
      listener: (request, response) => answerDirectly(request, response),
    })
  async function make(publicUrl: string): Promise<App> {
    const app = await createApp(config, {
      publicUrl,
      log,
      prepared: joining,
      ...(metricsPeers && { metricsPeers }),
    })
    handler = app.fetch
    answerDirectly = app.listener
    return app
  }
  const urlAt = (port: number) => config.publicUrl ?? listeningUrl(host, port)

  const joined = joining ? await make(urlAt(port)) : null
  const listener = await open().catch(async (error: unknown) => {
    await joined?.close()
    throw error
  })
  const publicUrl = urlAt(listener.port)
  const app =
    joined ??
    (await make(publicUrl).catch(async (error: unknown) => {
      listener.destroy()
      await listener.close()
      throw error
    }))

  const startSeconds = Number((performance.now() / 1000).toFixed(2))
  log.info({ publicUrl, mode: config.mode, startSeconds }, 'ready')
  if (app.development !== null) print(readyText(publicUrl, app.development))

  return {
    port: listener.port,
    publicUrl,
    app,
    async stop() {
      app.shutDown()
      const drained = setTimeout(() => listener.destroy(), drainTime)
      await listener.close()
      clearTimeout(drained)
      await app.close()
    },
  }
}

function answerWhileStarting(request: Request): Response {
  if (new URL(request.url).pathname === '/healthz') return Response.json({ status: 'alive' })
  return problem(503, { detail: 'The server is starting.', headers: { 'retry-after': '1' } })
}

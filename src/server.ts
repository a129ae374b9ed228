import { type Config, listeningUrl } from './config.ts'
import { refuseForwardAuth } from './http/forward-auth-listener.ts'
import { problem } from './http/problem.ts'
import type { Logger } from './log.ts'
import { type App, createApp } from './server/create-app.ts'
import { banner } from './server/development.ts'
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

export interface StartServerOptions {
  /** Default: a logger to standard error at the configured level. */
  readonly log?: Logger
  /** Where the development banner goes. Default standard output. */
  readonly print?: (text: string) => void
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
  const log = options.log ?? createServerLogger(config)
  const print = options.print ?? ((text) => process.stdout.write(text))

  let handler: Handler = answerWhileStarting
  let answerDirectly = refuseForwardAuth
  const listener = await listen({
    host: config.host,
    port: config.port,
    handler: (request, connection) => handler(request, connection),
    listener: (request, response) => answerDirectly(request, response),
  })
  const publicUrl = config.publicUrl ?? listeningUrl(config.host, listener.port)
  let app: App
  try {
    app = await createApp(config, { publicUrl, log })
  } catch (error) {
    listener.destroy()
    await listener.close()
    throw error
  }
  handler = app.fetch
  answerDirectly = app.listener

  const seconds = (performance.now() / 1000).toFixed(2)
  log.info({ publicUrl, mode: config.mode, startSeconds: Number(seconds) }, 'ready')
  if (app.development !== null) {
    print(
      `Latchkey is ready after ${seconds} s, for development.\n\n${banner(publicUrl, app.development)}`,
    )
  }

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

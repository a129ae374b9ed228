import { type Config, listeningUrl } from '../config.ts'
import { problem } from '../http/problem.ts'
import { type Handler, listen } from '../node/listen.ts'
import type { NodeListener } from '../node/node-listener.ts'
import { type App, createAppOn } from './create-app.ts'
import type { LaunchedDatabase } from './database.ts'
import { readyText } from './development.ts'
import { reloadLogged } from './reload.ts'
import type { RunningServer, StartServerOptions } from './start.ts'

/** The time for requests in flight after the server begins to stop, in milliseconds. */
const drainTimeoutMs = 5_000

/**
 * Listens first, then creates the app: until it is ready, every request except `/healthz` is answered 503.
 *
 * @throws the errors of `listen` and `createApp`; only the database is then left open
 */
export async function serve(
  config: Config,
  database: LaunchedDatabase,
  options: StartServerOptions & Required<Pick<StartServerOptions, 'log' | 'print'>>,
): Promise<RunningServer> {
  const { log, print, joining = false } = options
  const { host, port } = config

  let handler: Handler = answerWhileStarting
  let answerDirectly: NodeListener = () => false
  let shareUnreadable: App['shareUnreadable'] = () => ({})
  async function make(publicUrl: string): Promise<App> {
    const app = await createAppOn(database, config, { ...options, publicUrl, prepared: joining })
    handler = app.fetch
    answerDirectly = app.listener
    shareUnreadable = app.shareUnreadable
    return app
  }
  const urlAt = (port: number) => config.publicUrl ?? listeningUrl(host, port)

  const joined = joining ? await make(urlAt(port)) : null
  const listener = await listen({
    host,
    port,
    handler: (request, connection) => handler(request, connection),
    listener: (request, response, send) => answerDirectly(request, response, send),
    shareUnreadable: (origin) => shareUnreadable(origin),
  }).catch(async (error: unknown) => {
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
    reload: (read) => reloadLogged(read, app.reload, log),
    async stop() {
      app.shutDown()
      const drainTimer = setTimeout(() => listener.destroy(), drainTimeoutMs)
      await listener.close()
      clearTimeout(drainTimer)
      await app.close()
    },
  }
}

function answerWhileStarting(request: Request): Response {
  if (new URL(request.url).pathname === '/healthz') return Response.json({ status: 'alive' })
  return problem(503, { detail: 'The server is starting.', headers: { 'retry-after': '1' } })
}

import cluster from 'node:cluster'
import { once } from 'node:events'
import type { Config } from '../config.ts'
import { createServerLogger } from './logger.ts'
import { type RunningServer, startServer } from './start.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'
import { createMetricsPeers } from './worker-metrics.ts'

/** Runs a worker: one of several processes at one address, which the main process controls. */
export async function startWorker(
  config: Config,
  signal: AbortSignal,
): Promise<Pick<RunningServer, 'reload' | 'stop'>> {
  const send = (message: FromWorker) => void (process.connected && process.send?.(message))
  const startMessage = receiveStart()
  send({ type: 'loaded' })
  const start = await startMessage
  const server = await startServer(
    {
      ...config,
      port: start.port,
      database: { ...config.database, url: start.databaseUrl },
    },
    {
      log: createServerLogger(config).child({ worker: process.pid }),
      print: () => {},
      joining: start.joining,
      signal,
      metricsPeers: createMetricsPeers(send, (listener) => process.on('message', listener)),
    },
  ).catch((error: unknown) => {
    disconnect()
    throw error
  })
  const { publicUrl, app } = server
  send({ type: 'ready', publicUrl, development: app.development })
  return {
    reload: server.reload,
    async stop() {
      await server.stop()
      disconnect()
    },
  }
}

/** Closes the channel to the main process, which would keep this process alive. */
function disconnect(): void {
  cluster.worker?.disconnect()
}

async function receiveStart(): Promise<Extract<ToWorker, { type: 'start' }>> {
  for (;;) {
    const [message]: ToWorker[] = await once(process, 'message')
    if (message?.type === 'start') return message
  }
}

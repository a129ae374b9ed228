import cluster from 'node:cluster'
import type { Config } from '../config.ts'
import { createServerLogger } from '../server/logger.ts'
import { reloadLogged } from '../server/reload.ts'
import { type RunningServer, startServer } from '../server/start.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { createMetricsPeers } from './metrics-peers.ts'

/** Runs a worker: one of several processes at one address, which the main process controls. */
export async function startWorker(
  config: Config,
  signal: AbortSignal,
): Promise<Pick<RunningServer, 'reload' | 'stop'>> {
  const send = (message: FromWorker) => void (process.connected && process.send?.(message))
  const log = createServerLogger(config).child({ worker: process.pid })
  const startMessage = receive('start')
  send({ type: 'loaded' })
  const start = await startMessage
  async function releasePort(): Promise<void> {
    const released = receive('port released')
    send({ type: 'release port' })
    await released
  }
  const server = await startServer(
    {
      ...config,
      port: start.port,
      database: { ...config.database, url: start.databaseUrl },
    },
    {
      log,
      print: () => {},
      joining: start.joining,
      ...(start.isPortReserved && { releasePort }),
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
    reload: (read) => reloadLogged(read, app.reload, log),
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

function receive<T extends ToWorker['type']>(type: T): Promise<Extract<ToWorker, { type: T }>> {
  return new Promise((resolve) => {
    const look = (message: ToWorker) => {
      if (message.type !== type) return
      process.off('message', look)
      resolve(message as Extract<ToWorker, { type: T }>)
    }
    process.on('message', look)
  })
}

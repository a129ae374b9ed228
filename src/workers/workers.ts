import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Config } from '../config.ts'
import { readyText } from '../development/samples.ts'
import type { Logger } from '../log.ts'
import { type ReservedPort, reservePort } from '../node/free-port.ts'
import { launchDatabase } from '../server/database.ts'
import { createServerLogger } from '../server/logger.ts'
import { createReloadWarner, reloadLogged } from '../server/reload.ts'
import { type FromWorker, type ReadyMessage, type ToWorker, WorkerStartError } from './messages.ts'
import { collectMetrics } from './metrics-peers.ts'
import { superviseWorker, waitForExit } from './supervision.ts'

export interface RunningWorkers {
  /** Lets each worker read its settings again if they are valid here. Logs faults. */
  reload(read: () => Config): Promise<void>
  /** Stops the workers, each after its requests in flight, and the embedded database last. */
  stop(): Promise<void>
}

/** The time for workers to stop after the shutdown delay, before they are killed, in milliseconds. */
const stopTimeoutMs = 7_500
/** Database connections of one worker, with a reserve: for queries, authentication and LISTEN. */
const connectionsPerWorker = 16

/**
 * Serves with `count` worker processes at one address (`node:cluster`). This process only supervises them.
 * Each worker is a node with its own cache; a worker that ends is replaced. The first worker prepares the
 * database and, in development, the sample users and credentials; the others start when it is ready.
 *
 * @param signal aborts the start
 * @throws WorkerStartError if the first worker does not become ready; the signal's reason; the errors of
 *   `launchDatabase`
 */
export async function startWorkers(
  config: Config,
  count: number,
  signal: AbortSignal,
): Promise<RunningWorkers> {
  const log = createServerLogger(config)
  const shutdownDelayMs = config.shutdownDelaySeconds * 1000
  const database = await launchDatabase(config, log, {
    max_connections: String(Math.max(100, count * connectionsPerWorker + 20)),
  })
  const databaseUrl = await database.ready
  // Workers share a port by its number, so a later worker must get the same one.
  const { port, release } = await choosePort(config).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  const workers = new Set<Worker>()
  const stopping = new AbortController()

  function launch(joining: boolean): Worker {
    const worker = cluster.fork()
    workers.add(worker)
    worker.once('exit', () => workers.delete(worker))
    const send = (message: ToWorker) => worker.send(message)
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'loaded') {
        send({ type: 'start', databaseUrl, port, isPortReserved: config.port === 0, joining })
      }
      if (message.type === 'release port')
        void release().then(() => send({ type: 'port released' }))
      if (message.type === 'collect metrics') void collectMetrics(message.id, worker, workers)
    })
    // Ignored: a failed send means that the worker has ended, and `exit` is handled.
    worker.on('error', () => {})
    return worker
  }

  async function stop(): Promise<void> {
    stopping.abort()
    const killTimer = setTimeout(() => {
      log.error('workers did not stop in time and are killed')
      process.exitCode = 1
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, stopTimeoutMs + shutdownDelayMs)
    for (const worker of workers) worker.process.kill('SIGTERM')
    await Promise.all([...workers].map(waitForExit))
    clearTimeout(killTimer)
    await release()
    await database.stop()
  }

  try {
    const first = launch(false)
    const ready = await rejectOnAbort(waitUntilReady(first), signal)
    const others = Array.from({ length: count - 1 }, () => launch(true))
    for (const worker of [first, ...others]) {
      void superviseWorker(worker, () => launch(true), stopping.signal, log)
    }
    await Promise.all(others.map((worker) => waitUntilReady(worker).catch(() => {})))
    announce(ready, count, log)
  } catch (error) {
    await stop()
    throw error
  }
  const warn = createReloadWarner(config, log)
  /*
   * Each worker reads the files itself, as a worker does that is started later. A file that changes between the
   * two readings needs another signal anyway, because it was changed after this one.
   */
  const reload = (read: () => Config) =>
    reloadLogged(
      read,
      async () => {
        for (const worker of workers) worker.process.kill('SIGHUP')
      },
      log,
      warn,
    )
  return { reload, stop }
}

function announce({ publicUrl, development }: ReadyMessage, count: number, log: Logger): void {
  log.info({ publicUrl, workers: count }, 'ready')
  if (development !== null) process.stdout.write(readyText(publicUrl, development))
}

async function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = once(signal, 'abort').then(() => signal.throwIfAborted() as never)
  return await Promise.race([work, aborted])
}

async function waitUntilReady(worker: Worker): Promise<ReadyMessage> {
  return await new Promise((resolve, reject) => {
    worker.once('exit', (code: number | null) => reject(new WorkerStartError(code ?? 1)))
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'ready') resolve(message)
    })
  })
}

/** Returns the configured port, or for 0 one that no other program can take until it is released. */
async function choosePort({ host, port }: Config): Promise<ReservedPort> {
  return port === 0 ? await reservePort(host) : { port, release: async () => {} }
}

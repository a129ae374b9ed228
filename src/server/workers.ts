import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { launchDatabase } from './database.ts'
import { readyText } from './development.ts'
import { createServerLogger } from './logger.ts'
import {
  type FromWorker,
  type ReadyMessage,
  type ToWorker,
  WorkerStartError,
} from './worker-messages.ts'
import { collectMetrics } from './worker-metrics.ts'

export interface RunningWorkers {
  /** Each worker finishes what is in flight; the embedded database stops last. */
  stop(): Promise<void>
}

/** Before a worker that ended is replaced, in milliseconds: at first, and at most. */
const minRestartDelayMs = 100
const maxRestartDelayMs = 10_000
/** After a life as long as this the next pause is the first again. Milliseconds. */
const stableAfterMs = 10_000
/** For workers to end by themselves. Milliseconds. */
const stopTimeoutMs = 7_500
/** Of one worker, with some to spare: for what it asks at once, for authentication, and for listening. */
const connectionsPerWorker = 16

/**
 * Serves by `count` processes at one address (Node, `node:cluster`), this one only keeping them: each is
 * a node with a memory of its own, and one that ends is replaced. The first prepares the database and,
 * in development, the users and credentials to try it with; the others come when it is ready.
 *
 * @param signal ends the start
 * @throws WorkerStartError when the first does not become ready, the signal's reason, and what starting
 *   the database throws
 */
export async function startWorkers(
  config: Config,
  count: number,
  signal: AbortSignal,
): Promise<RunningWorkers> {
  const log = createServerLogger(config)
  const database = await launchDatabase(config, log, {
    max_connections: String(Math.max(100, count * connectionsPerWorker + 20)),
  })
  const databaseUrl = await database.ready
  // Workers share a port by its number, and one that comes later must get the same.
  const port = await choosePort(config).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  const workers = new Set<Worker>()
  const stopping = new AbortController()

  function launch(joining: boolean): Worker {
    const worker = cluster.fork()
    workers.add(worker)
    worker.once('exit', () => workers.delete(worker))
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'loaded') {
        worker.send({ type: 'start', databaseUrl, port, joining } satisfies ToWorker)
      }
      if (message.type === 'collect metrics') void collectMetrics(message.id, worker, workers)
    })
    // One that is gone already tells so by its exit.
    worker.on('error', () => {})
    return worker
  }

  async function supervise(first: Worker): Promise<void> {
    let worker = first
    let restartDelayMs = minRestartDelayMs
    for (;;) {
      const started = performance.now()
      const { code, signal } = await waitForExit(worker)
      if (stopping.signal.aborted) return
      log.error({ worker: worker.process.pid, code, signal }, 'a worker ended; it is replaced')
      if (performance.now() - started > stableAfterMs) restartDelayMs = minRestartDelayMs
      await sleep(restartDelayMs, undefined, { signal: stopping.signal }).catch(() => {})
      restartDelayMs = Math.min(restartDelayMs * 2, maxRestartDelayMs)
      if (stopping.signal.aborted) return
      worker = launch(true)
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    const killTimer = setTimeout(() => {
      log.error('workers that did not stop are killed')
      process.exitCode = 1
      for (const worker of workers) worker.process.kill('SIGKILL')
    }, stopTimeoutMs)
    for (const worker of workers) worker.process.kill('SIGTERM')
    await Promise.all([...workers].map(waitForExit))
    clearTimeout(killTimer)
    await database.stop()
  }

  try {
    const first = launch(false)
    const ready = await rejectOnAbort(waitUntilReady(first), signal)
    const others = Array.from({ length: count - 1 }, () => launch(true))
    for (const worker of [first, ...others]) void supervise(worker)
    await Promise.all(others.map((worker) => waitUntilReady(worker).catch(() => {})))
    announce(ready, count, log)
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

function announce({ publicUrl, development }: ReadyMessage, count: number, log: Logger): void {
  log.info({ publicUrl, workers: count }, 'ready')
  if (development !== null) process.stdout.write(readyText(publicUrl, development))
}

interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** Not by `once` of Node, which fails when a message cannot be delivered, as to one that has just ended. */
async function waitForExit(worker: Worker): Promise<Exit> {
  const { exitCode, signalCode } = worker.process
  if (worker.isDead()) return { code: exitCode, signal: signalCode }
  return await new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }))
  })
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

/** The configured one, or one that was free a moment ago. */
async function choosePort({ host, port }: Config): Promise<number> {
  if (port !== 0) return port
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

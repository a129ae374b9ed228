import type { Worker } from 'node:cluster'
import type { MetricsPeers, MetricsSnapshot } from '../metrics/metrics.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** The maximum wait for the answer of a busy worker, in milliseconds. */
const timeoutMs = 1_000

let collections = 0

/** Answers the request `id` of one worker with the metrics of each of `workers`. */
export async function collectMetrics(
  id: number,
  requester: Worker,
  workers: ReadonlySet<Worker>,
): Promise<void> {
  const collection = ++collections
  const found = await Promise.all(
    [...workers].map((worker) => readMetrics(worker, collection).catch(() => null)),
  )
  const snapshots = found.filter((snapshot) => snapshot !== null)
  if (requester.isConnected())
    requester.send({ type: 'metrics of all', id, snapshots } satisfies ToWorker)
}

/** Returns `null` if the worker did not answer in time. */
async function readMetrics(worker: Worker, id: number): Promise<MetricsSnapshot | null> {
  if (!worker.isConnected()) return null
  return await new Promise((resolve) => {
    const timer = setTimeout(settle, timeoutMs, null)
    function onMessage(message: FromWorker) {
      if (message.type === 'metrics' && message.id === id) settle(message.snapshot)
    }
    function settle(snapshot: MetricsSnapshot | null) {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      resolve(snapshot)
    }
    const onExit = () => settle(null)
    worker.on('message', onMessage)
    worker.once('exit', onExit)
    worker.send({ type: 'read metrics', id } satisfies ToWorker)
  })
}

/** Exchanges metrics with the other workers through the main process. */
export function createMetricsPeers(
  send: (message: FromWorker) => void,
  onMessage: (listener: (message: ToWorker) => void) => void,
): MetricsPeers {
  const pending = new Map<number, (snapshots: readonly MetricsSnapshot[]) => void>()
  let lastId = 0
  let read: (() => Promise<MetricsSnapshot>) | undefined
  onMessage(async (message) => {
    if (message.type === 'metrics of all') {
      pending.get(message.id)?.(message.snapshots)
      pending.delete(message.id)
    }
    if (message.type === 'read metrics' && read !== undefined) {
      send({ type: 'metrics', id: message.id, snapshot: await read() })
    }
  })
  return {
    offer(ownMetrics) {
      read = ownMetrics
    },
    collect: () =>
      new Promise((resolve) => {
        lastId++
        pending.set(lastId, resolve)
        send({ type: 'collect metrics', id: lastId })
      }),
  }
}

import type { Worker } from 'node:cluster'
import type { MetricsPeers, MetricsSnapshot } from '../http/metrics.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** How long is waited for workers that are too busy to say. Milliseconds. */
const patience = 1_000

let collections = 0

/** Answers the question `id` of one worker with what each of `workers` has counted. */
export async function collectMetrics(
  id: number,
  asker: Worker,
  workers: ReadonlySet<Worker>,
): Promise<void> {
  const collection = ++collections
  const found = await Promise.all(
    [...workers].map((worker) => readMetrics(worker, collection).catch(() => null)),
  )
  const snapshots = found.filter((snapshot) => snapshot !== null)
  if (asker.isConnected()) asker.send({ type: 'metrics of all', id, snapshots } satisfies ToWorker)
}

/** `null`: it did not say. */
async function readMetrics(worker: Worker, id: number): Promise<MetricsSnapshot | null> {
  if (!worker.isConnected()) return null
  return await new Promise((resolve) => {
    const timer = setTimeout(settle, patience, null)
    function listen(message: FromWorker) {
      if (message.type === 'metrics' && message.id === id) settle(message.snapshot)
    }
    function settle(snapshot: MetricsSnapshot | null) {
      clearTimeout(timer)
      worker.off('message', listen)
      worker.off('exit', gone)
      resolve(snapshot)
    }
    const gone = () => settle(null)
    worker.on('message', listen)
    worker.once('exit', gone)
    worker.send({ type: 'read metrics', id } satisfies ToWorker)
  })
}

/** How a worker asks, and is asked, by way of the process that keeps it. */
export function createMetricsPeers(
  send: (message: FromWorker) => void,
  onMessage: (listener: (message: ToWorker) => void) => void,
): MetricsPeers {
  const questions = new Map<number, (snapshots: readonly MetricsSnapshot[]) => void>()
  let asked = 0
  let read: (() => Promise<MetricsSnapshot>) | undefined
  onMessage(async (message) => {
    if (message.type === 'metrics of all') {
      questions.get(message.id)?.(message.snapshots)
      questions.delete(message.id)
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
        asked++
        questions.set(asked, resolve)
        send({ type: 'collect metrics', id: asked })
      }),
  }
}

import type { DevelopmentCredentials } from '../development/samples.ts'
import type { MetricsSnapshot } from '../metrics/metrics.ts'

/** A message from the main process to a worker. */
export type ToWorker =
  | {
      readonly type: 'start'
      /** The URL of the configured database, or of the embedded one that the main process has started. */
      readonly databaseUrl: string
      readonly port: number
      /** Whether the main process holds the port until `release port`. */
      readonly isPortReserved: boolean
      /** Whether the database is prepared and other workers already serve. */
      readonly joining: boolean
    }
  /** The main process no longer holds the port. */
  | { readonly type: 'port released' }
  | { readonly type: 'read metrics'; readonly id: number }
  | {
      readonly type: 'metrics of all'
      readonly id: number
      readonly snapshots: readonly MetricsSnapshot[]
    }

/** A message from a worker to the main process. */
export type FromWorker =
  /** The worker receives messages now, and waits for `start`. */
  | { readonly type: 'loaded' }
  /** The worker is about to listen, and waits for `port released`. */
  | { readonly type: 'release port' }
  | ReadyMessage
  /** Requests the metrics of all workers. */
  | { readonly type: 'collect metrics'; readonly id: number }
  | { readonly type: 'metrics'; readonly id: number; readonly snapshot: MetricsSnapshot }

export interface ReadyMessage {
  readonly type: 'ready'
  readonly publicUrl: string
  readonly development: DevelopmentCredentials | null
}

/** A worker ended before it was ready. The worker itself has logged the reason. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError'
  /** The exit code of the worker. */
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`The first worker did not start: it ended with exit code ${exitCode}.`)
    this.exitCode = exitCode
  }
}

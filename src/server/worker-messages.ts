import type { MetricsSnapshot } from '../http/metrics.ts'
import type { DevelopmentCredentials } from './development.ts'

/** From the process that keeps the workers to one of them. */
export type ToWorker =
  | {
      readonly type: 'start'
      /** Of the configured database, or of the embedded one that the keeper has started. */
      readonly databaseUrl: string
      readonly port: number
      /** Whether the database is prepared and others serve already. */
      readonly joining: boolean
    }
  | { readonly type: 'read metrics'; readonly id: number }
  | {
      readonly type: 'metrics of all'
      readonly id: number
      readonly snapshots: readonly MetricsSnapshot[]
    }

export type FromWorker =
  /** It listens to messages now, and asks for the first. */
  | { readonly type: 'loaded' }
  | ReadyMessage
  /** Asks for those of all workers. */
  | { readonly type: 'collect metrics'; readonly id: number }
  | { readonly type: 'metrics'; readonly id: number; readonly snapshot: MetricsSnapshot }

export interface ReadyMessage {
  readonly type: 'ready'
  readonly publicUrl: string
  readonly development: DevelopmentCredentials | null
}

/** A worker ended before it was ready, and has said why. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError'
  /** Of the worker. */
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`The first worker did not start: it ended with ${exitCode}.`)
    this.exitCode = exitCode
  }
}

import type { Actor } from '../audit/actor.ts'
import type { AuditStore } from '../audit/store.ts'
import type { Config, Environment, MigrationTarget } from '../config.ts'
import type { MigrateOptions, Migrations } from '../db/migrate.ts'
import type { NodeAnswers } from '../db/nodes.ts'
import type { CreateKeyInput, IssuedKey, RotateKeyInput } from '../keys/inputs.ts'
import type { PepperStore } from '../keys/peppers.ts'
import type { KeyStore } from '../keys/store.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { IssuerMerge, IssuerMergeResult } from '../users/merge.ts'
import type { UserStore } from '../users/store.ts'
import type { StopSignalOptions } from './stop-signal.ts'

/** The environment of a command: input, output and services. `main.ts` makes the one of the process. */
export interface CommandContext {
  readonly environment: Environment
  readonly version: string
  /** Writes the result of a command: standard output. */
  readonly out: (text: string) => void
  /** Reads the whole standard input, at most 64 KiB. */
  readonly input: () => Promise<string>
  /** Resolves when the reader of `out` has closed it. */
  readonly outputClosed: Promise<void>
  /** Writes notes and errors: standard error. */
  readonly note: (text: string) => void
  /** Returns the time, in milliseconds since the epoch. */
  readonly now: () => number
  /** Makes the garbage collector run earlier: a smaller heap for more processor time. */
  limitHeapGrowth(): Promise<void>
  /** Resolves once the server accepts requests. Rejects with the reason of `signal` if that is aborted first. */
  readonly startServer: (config: Config, signal: AbortSignal) => Promise<RunningCommand>
  /** Starts `count` workers if this process is the primary, or the server of one worker if it is one. */
  readonly startWorkers: (
    config: Config,
    count: number,
    signal: AbortSignal,
  ) => Promise<RunningCommand>
  /** Resolves when the process receives a stop signal after the call. */
  readonly stopSignal: (options?: StopSignalOptions) => Promise<void>
  /** Connects to the target, or to the embedded database, until `use` has settled. */
  readonly withMigrations: <T>(
    target: MigrationTarget,
    options: MigrateOptions,
    use: (migrations: Migrations) => Promise<T>,
  ) => Promise<T>
  readonly printSchema: () => Promise<string>
  /** The path of the committed `schema.graphql`. */
  readonly schemaFile: string
  readonly withDatabase: WithDatabase
}

/** A server, or the workers of one. */
interface RunningCommand {
  /** Reads the settings again that a running server can change. Logs the outcome. */
  reload(read: () => Config): Promise<void>
  stop(): Promise<void>
}

/** Connects to the configured or embedded database until `use` has settled. */
export type WithDatabase = <T>(
  config: Config,
  use: (database: OperatorDatabase) => Promise<T>,
) => Promise<T>

/** The operations that the command line offers to an operator. */
export interface OperatorDatabase {
  readonly keys: KeyStore
  readonly users: UserStore
  readonly audit: AuditStore
  readonly peppers: PepperStore
  readonly catalogue: ScopeCatalogue
  readonly mergeIssuer: (merge: IssuerMerge, by: Actor) => Promise<IssuerMergeResult>
  readonly createKey: (ownerId: string, input: CreateKeyInput) => Promise<IssuedKey>
  readonly rotateKey: (input: RotateKeyInput) => Promise<IssuedKey>
  /** Waits until every node has received all changes committed so far, or its staleness bound has passed. */
  readonly awaitNodes: () => Promise<NodeAnswers>
}

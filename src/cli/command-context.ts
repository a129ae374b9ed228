import type { AuditStore } from '../audit/store.ts'
import type { Config, Environment, MigrationTarget } from '../config.ts'
import type { MigrateOptions, Migrations } from '../db/migrate.ts'
import type { NodeAnswers } from '../db/nodes.ts'
import type { CreateKeyInput, IssuedKey } from '../keys/inputs.ts'
import type { PepperStore } from '../keys/peppers.ts'
import type { KeyStore } from '../keys/store.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { UserStore } from '../users/store.ts'

/** What the commands work with; the process's own in `main.ts`. */
export interface CommandContext {
  readonly environment: Environment
  readonly version: string
  /** What a command answers. */
  readonly out: (text: string) => void
  /** Resolves when no one reads any more what a command answers. */
  readonly outputClosed: Promise<void>
  /** What is said beside it. */
  readonly note: (text: string) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Has the garbage collector keep the heap small, for more processor time. */
  keepHeapSmall(): Promise<void>
  /** Resolves once it serves; rejects with the signal's reason when that is aborted before. */
  readonly startServer: (config: Config, signal: AbortSignal) => Promise<{ stop(): Promise<void> }>
  /** The same by that many processes, of which this one is either one or keeps them. */
  readonly startWorkers: (
    config: Config,
    count: number,
    signal: AbortSignal,
  ) => Promise<{ stop(): Promise<void> }>
  /** Resolves when the process is asked to stop, from when it is called. */
  readonly stopSignal: () => Promise<void>
  /** Connects to a database's migrations, or to those of the embedded one, for as long as `use` takes. */
  readonly withMigrations: <T>(
    target: MigrationTarget,
    options: MigrateOptions,
    use: (migrations: Migrations) => Promise<T>,
  ) => Promise<T>
  readonly printSchema: () => Promise<string>
  /** The SDL that is kept beside the code. */
  readonly schemaFile: string
  readonly withDatabase: WithDatabase
}

/** Connects to the database, or to the embedded one, for as long as `use` takes. */
export type WithDatabase = <T>(
  config: Config,
  use: (database: OperatorDatabase) => Promise<T>,
) => Promise<T>

/** What an operator may do at the command line. */
export interface OperatorDatabase {
  readonly keys: KeyStore
  readonly users: UserStore
  readonly audit: AuditStore
  readonly peppers: PepperStore
  readonly catalogue: ScopeCatalogue
  readonly createKey: (ownerId: string, input: CreateKeyInput) => Promise<IssuedKey>
  /** Waits until every living node has heard of what was done before, or uses nothing older. */
  readonly awaitNodes: () => Promise<NodeAnswers>
}

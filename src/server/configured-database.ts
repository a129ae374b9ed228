import type { Config } from '../config.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { migrate, verifySchema } from '../db/migrate.ts'
import type { Logger } from '../log.ts'
import { reportTrouble } from './troubles.ts'

export interface PrepareSchemaOptions {
  readonly log: Logger
  /** Ends waiting and migrating at once. */
  readonly signal?: AbortSignal
}

/** Brings the schema up to date, or checks that it is, as `config.migrate` says. */
export async function prepareSchema(
  url: string,
  config: Config,
  { log, signal }: PrepareSchemaOptions,
): Promise<void> {
  const prepare = config.migrate === 'auto' ? migrate : verifySchema
  await prepare(url, { log: (message) => log.info(message), ...(signal && { signal }) })
}

/** Opens the database at `url`, with the other connections that `config` names. */
export function openConfiguredDatabase(url: string, config: Config, log: Logger): Database {
  return openDatabase({
    url,
    ...(config.database.listenUrl !== null && { listenUrl: config.database.listenUrl }),
    ...(config.database.readUrl !== null && { readUrl: config.database.readUrl }),
    defaultUserScopes: config.defaultUserScopes,
    onTrouble: reportTrouble(log),
  })
}

import type { Config } from '../config.ts'
import { type Database, openDatabase } from '../db/database.ts'
import type { Trouble } from '../db/diagnosis.ts'
import { migrate, verifySchema } from '../db/migrate.ts'
import { schemaNames } from '../db/schema-names.ts'
import type { Logger } from '../log.ts'
import type { AppSettings } from './create-app.ts'

/**
 * Migrates the schema, or only checks that it is up to date, depending on `config.migrate`.
 *
 * @param signal aborts waiting and migrating
 */
export async function prepareSchema(
  url: string,
  config: Config,
  { log, signal }: Pick<AppSettings, 'log' | 'signal'>,
): Promise<void> {
  const prepare = config.migrate === 'auto' ? migrate : verifySchema
  const { schema } = config.database
  await prepare(url, { schema, log: (message) => log.info(message), ...(signal && { signal }) })
}

/** Opens the database at `url`, with the LISTEN and read connections that `config` names. */
export function openConfiguredDatabase(url: string, config: Config, log: Logger): Database {
  return openDatabase({
    url,
    schema: schemaNames(config.database.schema),
    ...(config.database.listenUrl !== null && { listenUrl: config.database.listenUrl }),
    ...(config.database.readUrl !== null && { readUrl: config.database.readUrl }),
    defaultUserScopes: config.defaultUserScopes,
    onTrouble: (trouble) => logTrouble(log, trouble),
  })
}

/** Logs each cause of database failures once when it begins and once when it ends. */
function logTrouble(log: Logger, trouble: Trouble): void {
  const { kind, connection, cause: reason, message, lasted, error } = trouble
  if (kind === 'begins') log.warn({ connection, reason, err: error }, message)
  else log.info({ connection, reason, milliseconds: Math.round(lasted) }, `Resolved: ${message}`)
}

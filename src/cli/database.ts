import type { Config, MigrationTarget } from '../config.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { connectEmbedded } from '../db/embedded.ts'
import { asFailure, causeOfFailure } from '../db/failures.ts'
import { firstAnswer } from '../db/first-answer.ts'
import { migrate, withMigrations } from '../db/migrate.ts'
import { schemaTooOld } from '../db/migrations/schema-state.ts'
import { awaitNodes } from '../db/nodes.ts'
import { schemaNames } from '../db/schema-names.ts'
import { assembleKeyService } from '../embedding/key-service.ts'
import { createScopeCatalogue } from '../scopes.ts'
import { keySettingsOf } from '../server/key-service.ts'
import type { CommandContext, OperatorDatabase, WithDatabase } from './command-context.ts'
import { cleanUpOnStop } from './stop-signal.ts'

export const withTargetMigrations: CommandContext['withMigrations'] = (target, options, use) =>
  withUrl(target, (url) => withMigrations(url, { schema: target.schema, ...options }, use))

export const withDatabase: WithDatabase = (config, use) =>
  withUrl({ ...config.database, dataDir: config.dataDir }, async (url) => {
    // An embedded database may be new. Any other is migrated by its owner.
    if (config.database.url === null && config.migrate === 'auto') {
      await migrate(url, { schema: config.database.schema })
    }
    const { defaultUserScopes } = config
    const schema = schemaNames(config.database.schema)
    const database = openDatabase({ url, schema, defaultUserScopes, connections: 2 })
    try {
      // A command is not repeated where a slow first connection has failed it.
      await firstAnswer(() => database.ping())
      return await use(operatorDatabase(config, url, database))
    } finally {
      await database.close()
    }
  })

function operatorDatabase(
  config: Config,
  url: string,
  { keys, users, audit, peppers, mergeIssuer }: Database,
): OperatorDatabase {
  const catalogue = createScopeCatalogue(config.otherScopes)
  const service = assembleKeyService(keySettingsOf(config), {
    store: keys,
    catalogue,
    now: Date.now,
  })
  return {
    keys,
    users,
    audit,
    peppers,
    catalogue,
    mergeIssuer,
    createKey: service.asOperator().create,
    rotateKey: service.asOperator().rotate,
    awaitNodes: () =>
      awaitNodes({
        url: config.database.listenUrl ?? url,
        schema: schemaNames(config.database.schema),
        maxStaleness: config.maxStalenessMs,
      }),
  }
}

async function withUrl<T>(
  { url, schema, dataDir }: Pick<MigrationTarget, 'url' | 'schema' | 'dataDir'>,
  use: (url: string) => Promise<T>,
): Promise<T> {
  try {
    return url === null ? await withEmbedded(dataDir, use) : await use(url)
  } catch (error) {
    throw causeOfFailure(error) === 'schema' ? schemaTooOld(schemaNames(schema)) : asFailure(error)
  }
}

/** Stops the embedded server, a process of its own, also if this process is stopped meanwhile. */
async function withEmbedded<T>(dataDir: string, use: (url: string) => Promise<T>): Promise<T> {
  const connecting = connectEmbedded({ dataDir })
  const stop = async () => await (await connecting).stop()
  const release = cleanUpOnStop(stop)
  try {
    return await use((await connecting).url)
  } finally {
    await stop().finally(release)
  }
}

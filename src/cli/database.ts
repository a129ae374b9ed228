import type { Config } from '../config.ts'
import { createKeyMaker } from '../credentials/key-maker.ts'
import { createSecretHasher } from '../credentials/secret-hash.ts'
import { openDatabase } from '../db/database.ts'
import { connectEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { createKeyService } from '../keys/keys.ts'
import { createScopeCatalogue } from '../scopes.ts'
import type { WithDatabase } from './command-context.ts'

/** The configured database or, where there is none, the embedded one: that of a running server too. */
async function withDatabaseUrl<T>(config: Config, use: (url: string) => Promise<T>): Promise<T> {
  const { url } = config.database
  if (url !== null) return use(url)
  const embedded = await connectEmbedded({ dataDir: config.dataDir })
  try {
    return await use(embedded.url)
  } finally {
    await embedded.stop()
  }
}

export function migrateDatabase(config: Config, note: (text: string) => void): Promise<void> {
  return withDatabaseUrl(config, (url) => migrate(url, { log: (message) => note(`${message}\n`) }))
}

export const withDatabase: WithDatabase = (config, use) =>
  withDatabaseUrl(config, async (url) => {
    if (config.database.url === null) await migrate(url)
    const database = openDatabase({
      url,
      defaultUserScopes: config.defaultUserScopes,
      connections: 2,
    })
    const catalogue = createScopeCatalogue(config.otherScopes)
    const service = createKeyService({
      store: database.keys,
      maker: createKeyMaker(config.keyPrefix, createSecretHasher(config.keyPeppers)),
      catalogue,
      maxPerUser: config.keyMaxPerUser,
      maxLifetimeDays: config.keyMaxLifetimeDays,
      now: Date.now,
    })
    try {
      const { keys, users } = database
      return await use({ keys, users, catalogue, createKey: service.createAsOperator })
    } finally {
      await database.close()
    }
  })

import { createAliasCheck } from '../credentials/alias-check.ts'
import { resolveIssuers } from '../credentials/issuer-settings.ts'
import { pepperFingerprint } from '../credentials/pepper-fingerprint.ts'
import { openDatabase } from '../db/database.ts'
import { firstAnswer } from '../db/first-answer.ts'
import { withMigrations } from '../db/migrate.ts'
import { SchemaError } from '../db/migrations/errors.ts'
import { startFailure } from '../db/start-failure.ts'
import { rememberScopes } from '../decision/known-scopes.ts'
import type { PepperStore } from '../keys/peppers.ts'
import { createOperationGuards } from '../limits/operation-guards.ts'
import { defaultOperationLimits } from '../limits/operation-limits.ts'
import type { Logger } from '../log.ts'
import { defaultPageSize } from '../schema/pages.ts'
import { createScopeCatalogue } from '../scopes.ts'
import { type Closers, closingAll } from './closers.ts'
import { startDomainServices } from './domain-services.ts'
import { createKeys } from './keys.ts'
import { type ConnectedServices, type Latchkey, withServices } from './latchkey.ts'
import { reportTroubleTo, structuredLog } from './log.ts'
import { type CheckedOptions, type ConnectLatchkeyOptions, checkOptions } from './options.ts'
import { createUsers } from './users.ts'

export type { ConnectLatchkeyOptions }

/**
 * Connects to the users and API keys in your database. The tables are created or checked before the promise
 * resolves, so that an incorrect setup fails here and not at the first request.
 *
 * @throws TypeError or Error if an option is not valid
 * @throws ServiceUnavailableError if the database cannot be reached; the message says why, and its `cause` has the details
 * @throws SchemaError if this version cannot use the tables, or the role lacks rights; the message names the
 *   command that helps
 */
export async function connectLatchkey(options: ConnectLatchkeyOptions): Promise<Latchkey> {
  const checked = checkOptions(options)
  const opened: Closers = []
  const { log } = checked
  const close = closingAll(opened, (error) =>
    structuredLog(log).warn({ err: error }, 'a part could not be closed'),
  )
  try {
    return await connect(checked, opened, close)
  } catch (error) {
    await close()
    throw startFailure(error, 'connectLatchkey')
  }
}

async function connect(
  options: CheckedOptions,
  opened: Closers,
  close: () => Promise<void>,
): Promise<Latchkey> {
  const { schema, issuers, session, keys, defaultUserScopes, maxStalenessMs, recordClients } =
    options
  const log = structuredLog(options.log)
  const now = Date.now
  await prepareSchema(options, log)
  const database = openDatabase({
    url: options.database,
    listenUrl: options.listening,
    schema,
    defaultUserScopes,
    onTrouble: reportTroubleTo(options.log),
  })
  opened.push(() => database.close())
  await firstAnswer(() => requirePeppers(database.peppers, keys.peppers))
  await createAliasCheck(database.directory, issuers.flatMap(resolveIssuers))()

  const catalogue = createScopeCatalogue(options.scopes)
  const { authenticator, ...services } = await startDomainServices(
    {
      database,
      catalogue,
      issuers,
      checksIssuers: issuers.length > 0 || session !== null,
      session,
      keys,
      defaultUserScopes,
      authentication: { maxStalenessMs, recordClients },
      log,
      now,
    },
    opened,
  )
  rememberScopes(authenticator, { catalogue, warn: log.warn })
  const operationGuards = createOperationGuards(defaultOperationLimits, {
    defaultSize: defaultPageSize,
  })
  const all: ConnectedServices = {
    ...services,
    audit: database.audit,
    catalogue,
    keyPrefix: keys.prefix,
    maxStalenessMs,
    operationGuards,
    now,
    page: { sessions: database.sessions, issuers, hasSession: session !== null, keys, log },
  }
  return withServices(
    {
      authenticator,
      keys: createKeys(all, authenticator, keys.importedForms),
      users: createUsers(all, authenticator),
      close,
    },
    all,
  )
}

/**
 * Creates or checks the tables.
 *
 * @throws SchemaError whose message names the command as it is typed in the application's folder
 */
async function prepareSchema(
  { database, schema, migrate }: CheckedOptions,
  log: Pick<Logger, 'info'>,
): Promise<void> {
  const settings = { schema: schema.name, log: (message: string) => log.info(message) }
  try {
    await withMigrations(database, settings, async ({ apply, verify }) => {
      if (migrate === 'auto') await apply()
      // The role may have migrated, and yet lack the rights on rows.
      await verify()
    })
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const message = error.message.replaceAll(
      '`latchkey migrate',
      '`npx latchkey migrate --url <connection string>',
    )
    throw new SchemaError(error.fault, message, { cause: error })
  }
}

/** @throws Error if keys are stored under peppers that are not configured: these keys would be refused */
async function requirePeppers(
  store: Pick<PepperStore, 'findMissing'>,
  peppers: readonly string[],
): Promise<void> {
  const missing = await store.findMissing(peppers.map(pepperFingerprint), new Date())
  if (missing.length === 0) return
  const fingerprints = missing.map(({ fingerprint }) => fingerprint).join(', ')
  throw new Error(
    `connectLatchkey: \`keys.peppers\` lacks peppers under which keys are stored, with the fingerprints ${fingerprints}. Put them back into the list.`,
  )
}

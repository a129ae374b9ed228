import type { ImportedKeyForm } from '../credentials/imported-key.ts'
import { aliasesOf, namesOf } from '../credentials/issuer-names.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { resolveIssuers } from '../credentials/issuer-settings.ts'
import { expandTenants } from '../credentials/issuer-tenants.ts'
import { resolveSession, type SessionSettings } from '../credentials/session-settings.ts'
import { keyPrefixFault } from '../credentials/source-rules.ts'
import { clientFault, type PostgresClient, targetOfClient } from '../db/client-target.ts'
import {
  type ConnectionSource,
  ConnectionStringError,
  parseConnectionString,
} from '../db/connection-string.ts'
import { schemaNameFault, schemaNames } from '../db/schema-names.ts'
import { createScopeCatalogue, scopeFaults } from '../scopes.ts'
import type { KeySettings } from './key-service.ts'
import type { DirectoryLog } from './log.ts'

export type ConnectLatchkeyOptions = DatabaseOptions & LatchkeyOptions

/** The database: either `url` or `sql`. */
export type DatabaseOptions =
  | {
      /** The connection string (`postgres://…`) of the database. */
      readonly url: string
      readonly sql?: undefined
    }
  | {
      /**
       * Your client of the package `postgres`. Latchkey connects with its hosts, login and TLS options, over
       * connections of its own: at most 14, and one for LISTEN. It sends nothing over the client and never closes
       * it. The reason is the staleness bound: a client reconnects by itself, perhaps to another server, and
       * makes a lookup wait behind the queries of your application. Its other settings (`search_path`,
       * `statement_timeout`, types, hooks) have no effect here, except `options`.
       */
      readonly sql: PostgresClient
      readonly url?: undefined
    }

export interface LatchkeyOptions {
  /**
   * The connection string for LISTEN: a direct connection, where `url` or `sql` leads through a pooler.
   * Default: the same database.
   */
  readonly listenUrl?: string
  /**
   * The schema with Latchkey's tables, beside those of your application: 1 to 46 lower-case letters, digits and
   * `_`, not `public`. Default `latchkey`.
   */
  readonly schema?: string
  /**
   * The scopes of your application, name to description (1 to 1000 characters), that keys may hold beside
   * the built-in scopes of users and keys (`read:keys`, `write:keys` …). A name is a scope-token (RFC 6749
   * §3.3) of at most 128 characters, and not a built-in one.
   */
  readonly scopes: Readonly<Record<string, string>>
  /** The issuers whose JWTs are accepted. Default: none. */
  readonly issuers?: readonly IssuerSettings[]
  /**
   * The sign-in of your application as a credential, for users who come with a cookie. Its users may make keys,
   * which are theirs. Default: none.
   */
  readonly session?: SessionOptions
  /**
   * `auto`: create Latchkey's tables, or bring them up to date, before the promise resolves; several
   * processes may start at once. `off`: change no table, only check that this version can use them, as a
   * role that may only read and write rows needs. Default `auto`, like the server: a first start needs no
   * further step, and tables that are up to date need no further right.
   */
  readonly migrate?: 'auto' | 'off'
  /** The form and the limits of API keys. */
  readonly keys?: KeyOptions
  /** The grant of a user first seen in a JWT; `null`: no ceiling. Default `null`. */
  readonly defaultUserScopes?: readonly string[] | null
  /**
   * The staleness bound: the milliseconds within which a revocation, or any other change, takes effect,
   * whatever fails: 100 to 3,600,000. Default 2000.
   */
  readonly maxStalenessMs?: number
  /**
   * Whether the address and the user agent of the client are stored with the last use of each secret of a key.
   * They are replaced at the next use, and erased 30 days after the key is revoked or expires. Default `true`.
   */
  readonly recordClients?: boolean
  /**
   * Receives a message when a part becomes unusable, with the cause (`warn`), and when it is usable again
   * (`info`). Default `console`.
   */
  readonly log?: DirectoryLog
}

/** The scopes of a session must be in `scopes` or built in, and its problems go to `log`. */
export type SessionOptions = Omit<SessionSettings, 'knownScopes' | 'onError' | 'onIgnored'>

export interface KeyOptions {
  /** The prefix of every key: 1 to 16 lower-case letters and digits, first a letter. Default `lk`. */
  readonly prefix?: string
  /** The peppers (HMAC keys) of stored secrets. The first one hashes, all verify. Default: none. */
  readonly peppers?: readonly string[]
  /**
   * The forms of the keys of another key system that `keys.import` has imported or will import. Every process that
   * shares the database needs them. Default: none.
   */
  readonly importedForms?: readonly ImportedKeyForm[]
  /** The most keys of a user that are neither revoked nor expired: 1 to 1,000,000. Default 100. */
  readonly maxPerUser?: number
  /** The longest lifetime of a key in days, 1 to 36,500; `null`: no limit. Default `null`. */
  readonly maxLifetimeDays?: number | null
}

/** The options with their defaults. */
export type CheckedOptions = ReturnType<typeof checkOptions>

/**
 * Checks the options and applies the defaults.
 *
 * @throws TypeError with all faults. It repeats no value that may be a secret
 * @throws Error if the settings of an issuer or of the session are not valid
 */
export function checkOptions(options: ConnectLatchkeyOptions) {
  const faults = isObject(options) ? faultsOf(options) : ['the options must be an object']
  if (faults.length > 0) throw new TypeError(`connectLatchkey: ${faults.join('; ')}.`)
  const issuers = (options.issuers ?? []).flatMap(resolveIssuers)
  if (options.session !== undefined) {
    resolveSession(options.session, namesOf(issuers), aliasesOf(issuers))
  }
  return withDefaults(options)
}

function withDefaults(options: ConnectLatchkeyOptions) {
  const { peppers = [], maxPerUser = 100, maxLifetimeDays = null } = options.keys ?? {}
  const { importedForms = [] } = options.keys ?? {}
  const keys: KeySettings = {
    prefix: options.keys?.prefix ?? 'lk',
    peppers: [...peppers],
    importedForms: [...importedForms],
    maxPerUser,
    maxLifetimeDays,
  }
  const { url, sql, listenUrl, ...rest } = options
  const database: ConnectionSource = sql === undefined ? url : targetOfClient(sql)
  return {
    ...rest,
    database,
    listening: listenUrl ?? database,
    schema: schemaNames(options.schema),
    // Each tenant is an issuer of its own: users are created at it.
    issuers: (options.issuers ?? []).flatMap(expandTenants),
    session: options.session ?? null,
    migrate: options.migrate ?? ('auto' as const),
    keys,
    defaultUserScopes: options.defaultUserScopes ?? null,
    maxStalenessMs: options.maxStalenessMs ?? 2_000,
    recordClients: options.recordClients ?? true,
    log: options.log ?? (console as DirectoryLog),
  }
}

/** Returns the fault of a value, as the rest of a sentence, or `null`. */
type Check = (value: unknown) => string | readonly string[] | null

const checks: Readonly<Record<keyof ConnectLatchkeyOptions, Check>> = {
  url: optional(connectionFaults),
  sql: optional(clientFault),
  listenUrl: optional(connectionFaults),
  schema: optional(schemaNameFault),
  scopes: (value) => (isObject(value) ? scopeFaults(value) : 'must be an object of names to texts'),
  issuers: optional((value) => (Array.isArray(value) ? null : 'must be an array')),
  session: optional((value) => (isObject(value) ? null : 'must be an object')),
  migrate: optional((value) =>
    value === 'auto' || value === 'off' ? null : 'must be `auto` or `off`',
  ),
  keys: optional((value) => (isObject(value) ? null : 'must be an object')),
  defaultUserScopes: optional((value) =>
    value === null || isTextArray(value) ? null : 'must be an array of scopes, or null',
  ),
  maxStalenessMs: optional(wholeNumber(100, 3_600_000)),
  recordClients: optional((value) =>
    typeof value === 'boolean' ? null : 'must be `true` or `false`',
  ),
  log: optional((value) =>
    isObject(value) && typeof value.warn === 'function' && typeof value.info === 'function'
      ? null
      : 'must have the methods `warn` and `info`',
  ),
}

const keyChecks: Readonly<Record<keyof KeyOptions, Check>> = {
  prefix: optional(keyPrefixFault),
  peppers: optional((value) => {
    if (!isTextArray(value) || value.includes('')) return 'must be an array of non-empty strings'
    return new Set(value).size === value.length ? null : 'must not contain a pepper twice'
  }),
  // The authenticator checks each form.
  importedForms: optional((value) => (Array.isArray(value) ? null : 'must be an array')),
  maxPerUser: optional(wholeNumber(1, 1_000_000)),
  maxLifetimeDays: optional((value) => (value === null ? null : wholeNumber(1, 36_500)(value))),
}

function faultsOf(options: object): readonly string[] {
  const { url, sql, keys = {} } = options as Record<string, unknown>
  const databases = [url, sql].filter((value) => value !== undefined).length
  return [
    ...(databases === 1
      ? []
      : [
          databases === 0
            ? '`url` is not set: pass the connection string of the database, or a client as `sql`'
            : 'pass either `url` or `sql`, not both',
        ]),
    ...checked(options, checks, ''),
    ...(isObject(keys) ? checked(keys, keyChecks, 'keys.') : []),
    ...defaultScopeFaults(options),
  ]
}

function checked(values: object, of: Readonly<Record<string, Check>>, path: string): string[] {
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(of, name))
    .map((name) => `there is no option \`${path}${name}\``)
  const wrong = Object.entries(of).flatMap(([name, check]) => {
    const found = check(Reflect.get(values, name)) ?? []
    return [found].flat().map((fault) => `\`${path}${name}\` ${fault}`)
  })
  return [...unknown, ...wrong]
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? null : check(value))
}

function wholeNumber(least: number, most: number): Check {
  return (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `must be a whole number from ${least} to ${most}`
}

function connectionFaults(value: unknown) {
  if (typeof value !== 'string') return 'must be a connection string (postgres://…)'
  try {
    const { targetSessionAttrs } = parseConnectionString(value)
    return ['standby', 'read-only', 'prefer-standby'].includes(targetSessionAttrs)
      ? `must lead to a primary, not target_session_attrs=${targetSessionAttrs}`
      : null
  } catch (error) {
    if (error instanceof ConnectionStringError) return error.faults
    throw error
  }
}

function defaultScopeFaults(options: object): readonly string[] {
  const { scopes, defaultUserScopes: names } = options as ConnectLatchkeyOptions
  if (!isObject(scopes) || !isTextArray(names)) return []
  const known = createScopeCatalogue(scopes)
  const unknown = names.filter((name) => !known.has(name))
  return unknown.map(
    (name) => `\`defaultUserScopes\` has ${JSON.stringify(name)}, which is not in \`scopes\``,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

import { resolve } from 'node:path'
import { connectionFaults, connectionWarnings } from './config/connections.ts'
import { ConfigError, type Fault } from './config/faults.ts'
import { issuerWarnings, readIssuers } from './config/issuers.ts'
import { type OidcConfig, oidcFaults, oidcOf } from './config/oidc.ts'
import { proxyFaults } from './config/proxies.ts'
import {
  databaseFaults,
  defaultScopeFaults,
  embeddedFaults,
  headerFaults,
  identityKeysFileFaults,
  issuerNameFaults,
  type Mode,
  modeFaults,
  modeOf,
} from './config/rules.ts'
import { readScopesFile } from './config/scopes-file.ts'
import {
  misspeltVariables,
  pickVariables,
  readVariables,
  type Settings,
} from './config/settings.ts'
import type { LogLevel } from './config/variables/server.ts'
import { identityKeysWarnings, startWarnings } from './config/warnings.ts'
import type { IssuerSettings } from './credentials/issuer-settings.ts'
import { defaultIdentityKeysFile } from './identity/key-file.ts'
import type { OperationLimits } from './limits/operation-limits.ts'
import { joinHostPort } from './net/host-port.ts'
import { loopbackOfUnspecified } from './net/loopback.ts'
import type { TrustedProxies } from './net/trusted-proxies.ts'
import { sorted } from './scopes.ts'

export { ConfigError } from './config/faults.ts'
export { describeConfig } from './config/settings.ts'

export interface Config {
  readonly mode: Mode
  readonly host: string
  /** `0`: any free port. */
  readonly port: number
  /** How long an idle connection is kept open. */
  readonly keepAliveSeconds: number
  /** How long new connections are still served after a stop signal. */
  readonly shutdownDelaySeconds: number
  /** Has no slash at its end. `null`: `http://HOST:PORT`, once the server listens and knows its port. */
  readonly publicUrl: string | null
  readonly database: {
    /** `null`: the embedded server. */
    readonly url: string | null
    readonly schema: string
    readonly listenUrl: string | null
    readonly readUrl: string | null
  }
  /** `off`: the server never changes the database schema. */
  readonly migrate: 'auto' | 'off'
  /** An absolute path. */
  readonly dataDir: string
  /** Empty in development. */
  readonly issuers: readonly IssuerSettings[]
  /** In lower case, like all header names. */
  readonly apiKeyHeader: string
  readonly jwtHeader: string | null
  readonly apiKeyQueryParam: string | null
  readonly keyPrefix: string
  /** The first one hashes new secrets; all of them verify. */
  readonly keyPeppers: readonly string[]
  readonly keyMaxLifetimeDays: number | null
  readonly keyMaxPerUser: number
  /** Whether the client of the last use of a key is stored. */
  readonly recordClients: boolean
  /** `null`: no ceiling, the issuer decides. */
  readonly defaultUserScopes: readonly string[] | null
  readonly maxStalenessMs: number
  readonly jwtOutageSeconds: number
  /** `0`: no limit. */
  readonly authFailuresPerMinute: number
  readonly trustedProxies: TrustedProxies
  /** The origins whose pages may call this server from a browser. */
  readonly corsOrigins: readonly string[]
  /** Scopes of other services, name to description. */
  readonly otherScopes: Readonly<Record<string, string>>
  readonly publicIntrospection: boolean
  readonly operationLimits: OperationLimits
  /** An absolute path. */
  readonly identityKeysFile: string | null
  /** The sign-in to the keys page; `null`: none, except in development. */
  readonly oidc: OidcConfig | null
  /** `null`: a generated one, outside production. */
  readonly sessionKeys: readonly string[] | null
  /** Whether people who are signed in get GraphiQL outside development too. */
  readonly graphiql: boolean
  readonly logLevel: LogLevel
  /** Sentences for the log about settings without the usual effect. They contain no values. */
  readonly warnings: readonly string[]
  /** Sentences for the log of a start about valid settings that are less safe than was probably meant. */
  readonly startWarnings: readonly string[]
  /** The part of `startWarnings` about settings that a running server reads again. */
  readonly reloadedWarnings: readonly string[]
}

/** Texts by variable name, like `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads and checks the configuration in the environment. An empty variable counts as unset, except
 * DEFAULT_USER_SCOPES (no scope) and KEY_PEPPER (a fault), because unset ones would allow more.
 *
 * @throws ConfigError with every fault
 */
export function loadConfig(environment: Environment = process.env): Config {
  const faults: Fault[] = []
  const given = pickVariables(environment, faults)
  const settings = readVariables(given, faults)
  const mode = modeOf(given)
  const issuers = readIssuers(settings, faults)
  const otherScopes = readScopesFile(settings.SCOPES_FILE, faults)
  faults.push(
    ...misspeltVariables(environment, given),
    ...(issuers.length > 0 ? proxyFaults(environment) : []),
    ...issuerNameFaults(publicUrlOf(settings), issuers),
    ...modeFaults(mode, settings.HOST, given, issuers),
    ...databaseFaults(given),
    ...connectionFaults(settings),
    ...headerFaults(settings),
    ...defaultScopeFaults(settings, otherScopes),
    ...identityKeysFileFaults(mode, settings),
    ...oidcFaults(mode, given, settings, issuers),
  )
  if (faults.length > 0) throw new ConfigError(faults)

  const { HOST: host, PORT: port, DATABASE_URL: url = null } = settings
  const identityKeysFile = settings.IDENTITY_KEYS_FILE
  const reloadedWarnings = [...identityKeysWarnings(settings), ...issuerWarnings(issuers)]
  return Object.freeze({
    mode,
    host,
    port,
    keepAliveSeconds: settings.KEEP_ALIVE_SECONDS,
    shutdownDelaySeconds: settings.SHUTDOWN_DELAY_SECONDS,
    publicUrl: publicUrlOf(settings),
    database: Object.freeze({
      url,
      schema: settings.DATABASE_SCHEMA,
      listenUrl: settings.DATABASE_LISTEN_URL ?? url,
      readUrl: settings.DATABASE_READ_URL ?? url,
    }),
    migrate: settings.MIGRATE,
    dataDir: resolve(settings.DATA_DIR),
    issuers: Object.freeze(issuers.map((issuer) => Object.freeze(issuer))),
    apiKeyHeader: settings.API_KEY_HEADER,
    jwtHeader: settings.JWT_HEADER ?? null,
    apiKeyQueryParam: settings.API_KEY_QUERY_PARAM ?? null,
    keyPrefix: settings.KEY_PREFIX,
    keyPeppers: Object.freeze(settings.KEY_PEPPER ?? []),
    keyMaxLifetimeDays: settings.KEY_MAX_LIFETIME_DAYS ?? null,
    keyMaxPerUser: settings.KEY_MAX_PER_USER,
    recordClients: settings.RECORD_CLIENTS,
    defaultUserScopes:
      settings.DEFAULT_USER_SCOPES === undefined
        ? null
        : Object.freeze(sorted(settings.DEFAULT_USER_SCOPES)),
    maxStalenessMs: settings.MAX_STALENESS_MS,
    jwtOutageSeconds: settings.JWT_OUTAGE_SECONDS,
    authFailuresPerMinute: settings.AUTH_FAILURES_PER_MINUTE,
    trustedProxies: settings.TRUSTED_PROXIES,
    corsOrigins: Object.freeze(settings.CORS_ORIGINS),
    otherScopes: Object.freeze(otherScopes ?? {}),
    publicIntrospection: settings.PUBLIC_INTROSPECTION,
    operationLimits: Object.freeze({
      tokens: settings.OPERATION_MAX_TOKENS,
      anonymousTokens: settings.OPERATION_MAX_TOKENS_ANONYMOUS,
      depth: settings.OPERATION_MAX_DEPTH,
      aliases: settings.OPERATION_MAX_ALIASES,
      directives: settings.OPERATION_MAX_DIRECTIVES,
      cost: settings.OPERATION_MAX_COST,
    }),
    identityKeysFile: identityKeysFile === undefined ? null : resolve(identityKeysFile),
    oidc: oidcOf(settings, issuers),
    sessionKeys: settings.SESSION_KEYS ?? null,
    graphiql: settings.GRAPHIQL,
    logLevel: settings.LOG_LEVEL,
    warnings: Object.freeze(connectionWarnings(settings).map((warning) => warning.join(' '))),
    startWarnings: Object.freeze([...startWarnings(settings, mode), ...reloadedWarnings]),
    reloadedWarnings: Object.freeze(reloadedWarnings),
  })
}

function publicUrlOf({ PUBLIC_URL, HOST, PORT }: Settings): string | null {
  return PUBLIC_URL ?? (PORT === 0 ? null : listeningUrl(HOST, PORT))
}

export interface MigrationTarget {
  /** `null`: the embedded server. */
  readonly url: string | null
  readonly schema: string
  /** An absolute path. */
  readonly dataDir: string
  /** Sentences about ignored settings of the connection string. They contain no part of it. */
  readonly warnings: readonly string[]
}

const migrationVariables = new Set([
  'NODE_ENV',
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'DATABASE_SCHEMA',
  'DATA_DIR',
])

/**
 * Returns the database to migrate. The other variables are ignored, since a migration needs no issuer.
 *
 * @param url used instead of DATABASE_URL
 * @throws ConfigError with the faults of NODE_ENV, DATABASE_URL, DATABASE_SCHEMA and DATA_DIR
 */
export function migrationTarget(environment: Environment, url?: string): MigrationTarget {
  // An unset shell variable gives an empty text. It must not fall back to the embedded database.
  if (url === '') throw new ConfigError([{ variable: '--url', message: 'must not be empty' }])
  const read: Fault[] = []
  const given = pickVariables(
    url === undefined
      ? environment
      : { ...environment, DATABASE_URL: url, DATABASE_URL_FILE: undefined },
    read,
  )
  const settings = readVariables(given, read)
  const misspelt = misspeltVariables(environment, given).filter(({ intended }) =>
    intended.some((name) => migrationVariables.has(name)),
  )
  const faults = [...read, ...connectionFaults(settings), ...embeddedFaults(modeOf(given), given)]
    .filter(({ variable }) => migrationVariables.has(variable))
    .concat(misspelt)
    .map(({ variable, message }) =>
      variable === 'DATABASE_URL' && url !== undefined
        ? { variable: '--url', message }
        : { variable, message },
    )
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    url: settings.DATABASE_URL ?? null,
    schema: settings.DATABASE_SCHEMA,
    dataDir: resolve(settings.DATA_DIR),
    warnings: connectionWarnings(settings).flatMap(([variable, warning]) =>
      variable === 'DATABASE_URL' ? [`${url === undefined ? variable : '--url'} ${warning}`] : [],
    ),
  }
}

/**
 * Returns the path of the file with the keys of identity tokens. The file need not exist, and the other
 * variables are ignored: commands create the file before the server is configured.
 *
 * @throws ConfigError if the name of a variable that decides the path is misspelt
 */
export function identityKeysPath(environment: Environment = process.env): string {
  const given = pickVariables(environment)
  const decisive = given.IDENTITY_KEYS_FILE === undefined ? ['IDENTITY_KEYS_FILE', 'DATA_DIR'] : []
  const misspelt = misspeltVariables(environment, given).filter(({ intended }) =>
    intended.some((name) => decisive.includes(name)),
  )
  if (misspelt.length > 0) throw new ConfigError(misspelt)
  const settings = readVariables(given, [])
  return resolve(settings.IDENTITY_KEYS_FILE ?? defaultIdentityKeysFile(settings.DATA_DIR))
}

/**
 * Returns the URL of a server that listens on `host` and `port`. It names the loopback address where the
 * server listens on every address: no client can connect to `0.0.0.0`, and the URL is an issuer.
 */
export function listeningUrl(host: string, port: number): string {
  return `http://${joinHostPort(loopbackOfUnspecified(host) ?? host, port)}`
}

/** Returns the headers that carry credentials, besides `Authorization`, in lower case. */
export function credentialHeadersOf(config: Config): readonly string[] {
  return [config.apiKeyHeader, config.jwtHeader].filter((name) => name !== null)
}

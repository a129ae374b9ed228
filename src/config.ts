import { resolve } from 'node:path'
import { connectionFaults, connectionWarnings } from './config/connections.ts'
import { ConfigError, type Fault } from './config/faults.ts'
import { readIssuers } from './config/issuers.ts'
import {
  databaseFaults,
  defaultScopeFaults,
  embeddedFaults,
  headerFaults,
  identityKeysFileFaults,
  type Mode,
  modeFaults,
  modeOf,
} from './config/rules.ts'
import { readScopesFile } from './config/scopes-file.ts'
import { type LogLevel, pickVariables, readVariables } from './config/variables.ts'
import type { IssuerSettings } from './credentials/issuer-settings.ts'
import { defaultIdentityKeysFile } from './identity/key-file.ts'
import type { OperationLimits } from './limits/operation-limits.ts'
import { joinHostPort } from './net/host-port.ts'
import type { TrustedProxies } from './net/trusted-proxies.ts'
import { sorted } from './scopes.ts'

export { ConfigError } from './config/faults.ts'
export { describeConfig } from './config/variables.ts'

export interface Config {
  readonly mode: Mode
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Without a slash at its end. `null`: known once the server listens, `http://HOST:PORT`. */
  readonly publicUrl: string | null
  readonly database: {
    /** `null`: the embedded server. */
    readonly url: string | null
    readonly listenUrl: string | null
    readonly readUrl: string | null
  }
  /** `off`: the server changes no schema. */
  readonly migrate: 'auto' | 'off'
  /** Absolute. */
  readonly dataDir: string
  /** Empty in development. */
  readonly issuers: readonly IssuerSettings[]
  /** In lower case, as are all header names. */
  readonly apiKeyHeader: string
  readonly jwtHeader: string | null
  readonly apiKeyQueryParam: string | null
  readonly keyPrefix: string
  /** The first hashes, all verify. */
  readonly keyPeppers: readonly string[]
  readonly keyMaxLifetimeDays: number | null
  readonly keyMaxPerUser: number
  /** `null`: the issuer decides. */
  readonly defaultUserScopes: readonly string[] | null
  readonly maxStalenessMs: number
  readonly jwtOutageSeconds: number
  /** 0: no limit. */
  readonly authFailuresPerMinute: number
  readonly trustedProxies: TrustedProxies
  /** Origins of pages that may call from a browser. */
  readonly corsOrigins: readonly string[]
  /** Scopes of other services, name to description. */
  readonly otherScopes: Readonly<Record<string, string>>
  readonly publicIntrospection: boolean
  readonly operationLimits: OperationLimits
  /** Absolute; `null`: none. */
  readonly identityKeysFile: string | null
  readonly logLevel: LogLevel
  /** What is set and has no effect, or another than elsewhere: sentences for the log, without values. */
  readonly warnings: readonly string[]
}

/** Values by variable name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The configuration in the environment, read and checked as a whole. A variable that is set to nothing
 * counts as unset, except DEFAULT_USER_SCOPES (no scope) and KEY_PEPPER (a fault), where that
 * would silently allow more.
 *
 * @throws ConfigError with every fault there is
 */
export function loadConfig(environment: Environment = process.env): Config {
  const faults: Fault[] = []
  const given = pickVariables(environment)
  const settings = readVariables(given, faults)
  const mode = modeOf(given)
  const issuers = readIssuers(settings, faults)
  const otherScopes = readScopesFile(settings.SCOPES_FILE, faults)
  faults.push(
    ...modeFaults(mode, settings.HOST, given, issuers),
    ...databaseFaults(given),
    ...connectionFaults(settings),
    ...headerFaults(settings),
    ...defaultScopeFaults(settings, otherScopes),
    ...identityKeysFileFaults(mode, settings),
  )
  if (faults.length > 0) throw new ConfigError(faults)

  const { HOST: host, PORT: port, DATABASE_URL: url = null } = settings
  const identityKeysFile = settings.IDENTITY_KEYS_FILE
  return Object.freeze({
    mode,
    host,
    port,
    publicUrl: settings.PUBLIC_URL ?? (port === 0 ? null : listeningUrl(host, port)),
    database: Object.freeze({
      url,
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
    logLevel: settings.LOG_LEVEL,
    warnings: Object.freeze(connectionWarnings(settings).map((warning) => warning.join(' '))),
  })
}

export interface MigrationTarget {
  /** `null`: the embedded server. */
  readonly url: string | null
  /** Absolute. */
  readonly dataDir: string
  /** What the connection string says without effect. They never repeat a part of it. */
  readonly warnings: readonly string[]
}

/**
 * Which database is migrated. The rest of the configuration need not be right, or be there: migrating
 * needs no issuer.
 *
 * @param url instead of DATABASE_URL
 * @throws ConfigError
 */
export function migrationTarget(environment: Environment, url?: string): MigrationTarget {
  // As by an unset variable of a shell. Another database than the one that was meant must not be migrated.
  if (url === '') throw new ConfigError([{ variable: '--url', message: 'is empty' }])
  const read: Fault[] = []
  const given = pickVariables(
    url === undefined ? environment : { ...environment, DATABASE_URL: url },
  )
  const settings = readVariables(given, read)
  const faults = [...read, ...connectionFaults(settings), ...embeddedFaults(modeOf(given), given)]
    .filter(({ variable }) => ['NODE_ENV', 'DATABASE_URL', 'DATA_DIR'].includes(variable))
    .map(({ variable, message }) =>
      variable === 'DATABASE_URL' && url !== undefined
        ? { variable: '--url', message }
        : { variable, message },
    )
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    url: settings.DATABASE_URL ?? null,
    dataDir: resolve(settings.DATA_DIR),
    warnings: connectionWarnings(settings).flatMap(([variable, warning]) =>
      variable === 'DATABASE_URL' ? [`${url === undefined ? variable : '--url'} ${warning}`] : [],
    ),
  }
}

/**
 * Where the keys of identity tokens are, or are to be made: the rest of the configuration need not be
 * right, or the file be there, for the commands that make it.
 */
export function identityKeysPath(environment: Environment = process.env): string {
  const settings = readVariables(pickVariables(environment), [])
  return resolve(settings.IDENTITY_KEYS_FILE ?? defaultIdentityKeysFile(settings.DATA_DIR))
}

/** The URL of a server that listens on `host` and `port`. */
export function listeningUrl(host: string, port: number): string {
  return `http://${joinHostPort(host, port)}`
}

/** The headers that credentials come in beside `Authorization`, in lower case. */
export function credentialHeadersOf(config: Config): readonly string[] {
  return [config.apiKeyHeader, config.jwtHeader].filter((name) => name !== null)
}

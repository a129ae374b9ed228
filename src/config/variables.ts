import * as z from 'zod'
import { credentialDefaults } from '../credentials/defaults.ts'
import { defaultOperationLimits } from '../limits/operation-limits.ts'
import type { Fault } from './faults.ts'
import {
  baseUrl,
  credentialHeader,
  credentialParameter,
  hostName,
  keyPrefix,
  oneOf,
  origins,
  peppers,
  postgresUrl,
  proxies,
  scopeList,
  trueOrFalse,
  wholeNumber,
} from './readers.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const text = z.string()

/** Every variable there is: what it means, what it is when unset, and how its text is read. */
const variables = {
  NODE_ENV: {
    meaning: '`production` demands a database and an issuer, and has nothing for development',
    unset: 'not production',
    read: text.refine((mode) => mode === 'production' || !/^prod(uction)?$/i.test(mode), {
      error: 'must be exactly `production` for production',
    }),
  },
  HOST: {
    meaning: 'Address to listen on; without an issuer it must be a loopback address',
    default: '127.0.0.1',
    read: hostName,
  },
  PORT: {
    meaning: 'Port to listen on; 0: any free port',
    default: '4000',
    read: wholeNumber(0, 65_535),
  },
  PUBLIC_URL: {
    meaning: 'This server as others see it; the issuer of identity tokens',
    unset: 'http://HOST:PORT',
    read: baseUrl,
  },
  DATABASE_URL: {
    meaning: 'PostgreSQL 14 or later, `postgres://user:password@host:5432/database`',
    unset: 'the embedded server, kept in DATA_DIR',
    read: postgresUrl,
  },
  DATABASE_LISTEN_URL: {
    meaning: 'Direct connection for LISTEN where DATABASE_URL is a pooler',
    unset: 'DATABASE_URL',
    read: postgresUrl,
  },
  DATABASE_READ_URL: {
    meaning: 'A replica, for lists',
    unset: 'DATABASE_URL',
    read: postgresUrl,
  },
  MIGRATE: {
    meaning:
      '`auto`, or `off`: the server changes no schema, needs DML rights only, and refuses a schema that is not up to date',
    default: 'auto',
    read: oneOf(['auto', 'off']),
  },
  DATA_DIR: {
    meaning: 'Folder of the embedded database and the development keys',
    default: '.data',
    read: text,
  },
  JWT_ISSUER: {
    meaning: 'The one issuer whose JWTs are accepted; needs JWT_AUDIENCE',
    unset: 'none: development issuer',
    read: text,
  },
  JWT_AUDIENCE: {
    meaning: 'What `aud` must contain in the JWTs of JWT_ISSUER',
    unset: 'none',
    read: text,
  },
  JWKS_URI: {
    meaning: 'Where the public keys of JWT_ISSUER are',
    unset: 'found by discovery',
    read: text,
  },
  JWT_ISSUERS: {
    meaning:
      'Several issuers, a JSON array of `{issuer, audience, preset?, jwksUri?, algorithms?, scopeClaims?, grantClaim?, clockToleranceSeconds?, maxTokenAgeSeconds?, requireAccessTokenType?}`',
    unset: 'none',
    read: text,
  },
  API_KEY_HEADER: {
    meaning: 'Header for API keys, beside `Authorization`',
    default: credentialDefaults.apiKeyHeader,
    read: credentialHeader,
  },
  JWT_HEADER: {
    meaning: 'Header for JWTs, beside `Authorization`',
    unset: 'none',
    read: credentialHeader,
  },
  API_KEY_QUERY_PARAM: {
    meaning: 'Query parameter for API keys; URLs end up in logs, so better not',
    unset: 'none',
    read: credentialParameter,
  },
  KEY_PREFIX: {
    meaning: 'First part of every API key',
    default: credentialDefaults.keyPrefix,
    read: keyPrefix,
  },
  KEY_PEPPER: {
    meaning:
      'Secrets for an HMAC over stored hashes, a comma list: the first hashes, all verify; keys stored without one stay valid',
    unset: 'none',
    read: peppers,
  },
  KEY_MAX_LIFETIME_DAYS: {
    meaning: 'Longest lifetime of an API key',
    unset: 'no limit',
    read: wholeNumber(1, 36_500),
  },
  KEY_MAX_PER_USER: {
    meaning: 'How many usable API keys a user may have',
    default: '100',
    read: wholeNumber(1, 1_000_000),
  },
  DEFAULT_USER_SCOPES: {
    meaning: 'Grant of a user first seen in a JWT, a comma list; set but empty: no scope',
    unset: 'the issuer decides',
    read: scopeList,
  },
  MAX_STALENESS_MS: {
    meaning: 'Hard bound on honouring a revocation, on every node, in milliseconds',
    default: String(credentialDefaults.maxStalenessMs),
    read: wholeNumber(100, 3_600_000),
  },
  JWT_OUTAGE_SECONDS: {
    meaning: 'How long JWTs of known users are honoured while the database is down; 0: not',
    default: String(credentialDefaults.jwtOutageSeconds),
    read: wholeNumber(0, 86_400),
  },
  AUTH_FAILURES_PER_MINUTE: {
    meaning: 'Refused credentials per address and minute before 429; 0: no limit',
    default: '20',
    read: wholeNumber(0, 1_000_000),
  },
  TRUSTED_PROXIES: {
    meaning: 'Whose `X-Forwarded-For` counts: comma list of IP addresses and CIDR ranges',
    default: '',
    unset: 'none',
    read: proxies,
  },
  CORS_ORIGINS: {
    meaning: 'Pages that may call from a browser: comma list of exact origins, never *',
    default: '',
    unset: 'none',
    read: origins,
  },
  SCOPES_FILE: {
    meaning: 'JSON file, name to description: scopes of other services that keys may hold',
    unset: 'none',
    read: text,
  },
  PUBLIC_INTROSPECTION: {
    meaning: '`false` closes the schema to the anonymous',
    default: 'true',
    read: trueOrFalse,
  },
  OPERATION_MAX_TOKENS: {
    meaning: 'Names, values and punctuation in one GraphQL document; it may have as many lines',
    default: String(defaultOperationLimits.tokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_TOKENS_ANONYMOUS: {
    meaning: 'The same for requests without a credential, where it is less',
    default: String(defaultOperationLimits.anonymousTokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_DEPTH: {
    meaning: 'Fields within fields of one operation; introspection by the usual query takes 15',
    default: String(defaultOperationLimits.depth),
    read: wholeNumber(1, 1_000),
  },
  OPERATION_MAX_ALIASES: {
    meaning: 'Aliases of one operation, those of a fragment wherever it is spread',
    default: String(defaultOperationLimits.aliases),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_DIRECTIVES: {
    meaning: 'Directives of one operation, those of a fragment wherever it is spread',
    default: String(defaultOperationLimits.directives),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_COST: {
    meaning:
      'Fields that the answer to one operation could hold at most: what is in a page or list counts as often as that is long',
    default: String(defaultOperationLimits.cost),
    read: wholeNumber(1, 1_000_000_000),
  },
  IDENTITY_KEYS_FILE: {
    meaning: 'Private JWK Set that signs identity tokens',
    unset: 'none in production, else made in DATA_DIR',
    read: text,
  },
  LOG_LEVEL: {
    meaning: `How much is logged: ${logLevels.join(', ')}`,
    default: 'info',
    read: oneOf(logLevels),
  },
} as const satisfies Record<string, Definition>

interface Definition {
  readonly meaning: string
  /** Read as though it were set to this. */
  readonly default?: string
  /** What holds when it is unset, for people; the default where left out. */
  readonly unset?: string
  readonly read: z.ZodType
}

type Variable = keyof typeof variables
type Definitions = typeof variables

/** Every variable as read; `undefined` where it is unset and has no default. */
export type Settings = {
  readonly [V in Variable]:
    | z.output<Definitions[V]['read']>
    | (Definitions[V] extends { default: string } ? never : undefined)
}

/** What is set, as text. */
export type GivenVariables = { readonly [V in Variable]?: string }

export interface VariableDescription {
  readonly variable: Variable
  readonly meaning: string
  /** What holds when it is unset, for people. */
  readonly default: string
}

/** The table of all variables, for help and documentation. */
export function describeConfig(): readonly VariableDescription[] {
  return definitions().map(([variable, { meaning, unset, default: value }]) => ({
    variable,
    meaning,
    default: unset ?? value ?? 'none',
  }))
}

/** The variables of ours in `environment` that are set to something. */
export function pickVariables(
  environment: Readonly<Record<string, string | undefined>>,
): GivenVariables {
  const given: { [V in Variable]?: string } = {}
  for (const [variable] of definitions()) {
    const text = environment[variable]?.trim()
    if (text !== undefined && (text !== '' || meaningfulWhenEmpty.has(variable))) {
      given[variable] = text
    }
  }
  return given
}

/** To take these for unset would silently allow more than was meant. */
const meaningfulWhenEmpty: ReadonlySet<Variable> = new Set(['DEFAULT_USER_SCOPES', 'KEY_PEPPER'])

/** Reads every variable by itself. One that is faulty reads as though it were unset. */
export function readVariables(given: GivenVariables, faults: Fault[]): Settings {
  const settings = definitions().map(([variable, definition]) => {
    const unset =
      definition.default === undefined ? undefined : definition.read.parse(definition.default)
    const text = given[variable]
    if (text === undefined) return [variable, unset]
    const result = definition.read.safeParse(text)
    if (result.success) return [variable, result.data]
    faults.push(...result.error.issues.map(({ message }) => ({ variable, message })))
    return [variable, unset]
  })
  return Object.fromEntries(settings) as Settings
}

function definitions(): [Variable, Definition][] {
  return Object.entries(variables) as [Variable, Definition][]
}

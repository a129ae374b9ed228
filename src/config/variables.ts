import * as z from 'zod'
import { credentialDefaults } from '../credentials/defaults.ts'
import { standardSchema } from '../db/schema-names.ts'
import { defaultOperationLimits } from '../limits/operation-limits.ts'
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
  schemaName,
  scopeList,
  sessionKeys,
  signInScopes,
  trueOrFalse,
  wholeNumber,
} from './readers.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const text = z.string()

/** Every environment variable: its meaning, its default and its parser. */
export const variables = {
  NODE_ENV: {
    meaning:
      '`production` requires DATABASE_URL and a JWT issuer, and turns off every development feature. Any other value: self-run where an issuer is configured, else development.',
    unset: 'not `production`',
    read: text.refine((mode) => mode === 'production' || !/^prod(uction)?$/i.test(mode), {
      error: 'must be exactly `production` for production',
    }),
  },
  HOST: {
    meaning: 'The address to listen on. In development it must be a loopback address.',
    default: '127.0.0.1',
    read: hostName,
  },
  PORT: {
    meaning: 'The port to listen on; `0`: any free port.',
    default: '4000',
    read: wholeNumber(0, 65_535),
  },
  KEEP_ALIVE_SECONDS: {
    meaning:
      'How long an idle connection is kept open, in seconds. Behind a proxy, it must be longer than the proxy keeps its idle connections (nginx: 60 seconds).',
    default: '65',
    read: wholeNumber(1, 3_600),
  },
  SHUTDOWN_DELAY_SECONDS: {
    meaning:
      'How long new connections are still served after SIGTERM, in seconds, while `/readyz` answers 503: the time for a load balancer to notice.',
    default: '0',
    read: wholeNumber(0, 3_600),
  },
  PUBLIC_URL: {
    meaning:
      'The URL under which clients and backends reach this server. It is the issuer (`iss`) of identity tokens.',
    unset: '`http://HOST:PORT`, with a loopback address where HOST is `0.0.0.0` or `::`',
    read: baseUrl,
  },
  DATABASE_URL: {
    meaning:
      'The connection string of the database, PostgreSQL 14 or later: `postgres://user:password@host:5432/database`. Required in production.',
    unset: 'an embedded PostgreSQL in DATA_DIR',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_LISTEN_URL: {
    meaning:
      'A direct connection to the primary, for LISTEN. Set it where DATABASE_URL leads to a connection pooler.',
    unset: 'DATABASE_URL',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_READ_URL: {
    meaning:
      'The connection string of a replica that serves lists and counts, which may then be behind the primary.',
    unset: 'DATABASE_URL',
    read: postgresUrl,
    file: 'line',
  },
  DATABASE_SCHEMA: {
    meaning:
      'The Postgres schema with the tables: 1 to 46 lower-case letters, digits and `_`, not `public`. Set it to use the tables of an application that passes this name to `connectLatchkey`.',
    default: standardSchema.name,
    read: schemaName,
  },
  MIGRATE: {
    meaning:
      '`auto`: the server migrates the database when it starts. `off`: it never changes the schema, needs only the rights to read and write rows, and does not start on a schema that is not up to date.',
    default: 'auto',
    read: oneOf(['auto', 'off']),
  },
  DATA_DIR: {
    meaning:
      'The folder of the embedded database and of the keys that the server generates outside production.',
    default: '.data',
    read: text,
  },
  JWT_ISSUER: {
    meaning:
      'The issuer (`iss`) whose JWTs are accepted; requires JWT_AUDIENCE. Use JWT_ISSUERS for several issuers or further settings.',
    unset: 'none; in development the development issuer',
    read: text,
  },
  JWT_AUDIENCE: {
    meaning: 'The audience: `aud` of a JWT from JWT_ISSUER must contain this value.',
    unset: 'none',
    read: text,
  },
  JWKS_URI: {
    meaning: 'The URL of the JWK Set with the public keys of JWT_ISSUER.',
    unset: 'found by discovery',
    read: text,
  },
  JWT_ISSUERS: {
    meaning:
      'The issuers whose JWTs are accepted: a JSON array of objects `{issuer, audience, preset?, tenants?, jwksUri?, jwks?, jwksFile?, allowHttp?, algorithms?, scopeClaims?, scopesFrom?, scopePrefix?, grantClaim?, clockToleranceSeconds?, maxTokenAgeSeconds?, requireAccessTokenType?, allowAnonymousUsers?, allowMissingAzp?}`.',
    unset: 'none',
    read: text,
    file: 'text',
  },
  API_KEY_HEADER: {
    meaning: 'The header that carries an API key, as an alternative to `Authorization`.',
    default: credentialDefaults.apiKeyHeader,
    read: credentialHeader,
  },
  JWT_HEADER: {
    meaning: 'The header that carries a JWT, as an alternative to `Authorization`.',
    unset: 'none',
    read: credentialHeader,
  },
  API_KEY_QUERY_PARAM: {
    meaning:
      'The query parameter that carries an API key. Not recommended: URLs are written to logs.',
    unset: 'none',
    read: credentialParameter,
  },
  KEY_PREFIX: {
    meaning:
      'The prefix of every API key: 1 to 16 lower-case letters and digits, beginning with a letter.',
    default: credentialDefaults.keyPrefix,
    read: keyPrefix,
  },
  KEY_PEPPER: {
    meaning:
      'The peppers (HMAC keys) under which the secrets of API keys are hashed, separated by commas. The first one hashes new secrets; all of them verify. Keys that were stored without a pepper stay valid.',
    unset: 'none',
    read: peppers,
    file: 'line',
  },
  KEY_MAX_LIFETIME_DAYS: {
    meaning:
      'The maximum lifetime of an API key, in days. Where it is set, every new key has an expiry.',
    unset: 'no limit',
    read: wholeNumber(1, 36_500),
  },
  KEY_MAX_PER_USER: {
    meaning: 'The maximum number of API keys per user that are neither revoked nor expired.',
    default: '100',
    read: wholeNumber(1, 1_000_000),
  },
  RECORD_CLIENTS: {
    meaning:
      'Whether the address and the user agent of the client are stored with the last use of each secret of an API key. They are replaced at the next use, and erased 30 days after the key is revoked or expires.',
    default: 'true',
    read: trueOrFalse,
  },
  DEFAULT_USER_SCOPES: {
    meaning:
      'The scopes granted to a new user on the first JWT, separated by commas. Empty: no scope.',
    unset: 'no ceiling: the issuer decides',
    read: scopeList,
  },
  MAX_STALENESS_MS: {
    meaning:
      'The staleness bound in milliseconds: every node honours a revocation, or any other change, within this time.',
    default: String(credentialDefaults.maxStalenessMs),
    read: wholeNumber(100, 3_600_000),
  },
  JWT_OUTAGE_SECONDS: {
    meaning:
      'For how many seconds a node accepts JWTs of users whose rows it has read before while the database is unreachable; `0`: it accepts none.',
    default: String(credentialDefaults.jwtOutageSeconds),
    read: wholeNumber(0, 86_400),
  },
  AUTH_FAILURES_PER_MINUTE: {
    meaning:
      'The number of refused credentials per client address and minute, after which the server answers 429; `0`: no limit.',
    default: '20',
    read: wholeNumber(0, 1_000_000),
  },
  TRUSTED_PROXIES: {
    meaning:
      'The proxies whose `X-Forwarded-For` is trusted: IP addresses and CIDR ranges, separated by commas.',
    default: '',
    unset: 'none',
    read: proxies,
  },
  CORS_ORIGINS: {
    meaning:
      'The origins whose pages may call this server from a browser: exact origins such as `https://app.example.com`, separated by commas. Wildcards are not allowed. Such a page may send any header, but no cookie.',
    default: '',
    unset: 'none',
    read: origins,
  },
  SCOPES_FILE: {
    meaning:
      'A JSON file with the scopes of other services that users and keys may hold: an object of scope names to descriptions.',
    unset: 'none',
    read: text,
  },
  PUBLIC_INTROSPECTION: {
    meaning:
      '`false`: introspection, `_service`, `/schema.graphql` and the queries `scopes` and `requiredScopes` require a credential, and without one errors name nothing of the schema.',
    default: 'true',
    read: trueOrFalse,
  },
  OPERATION_MAX_TOKENS: {
    meaning:
      'The maximum number of tokens (names, values and punctuation) in a GraphQL document; also the maximum number of its lines.',
    default: String(defaultOperationLimits.tokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_TOKENS_ANONYMOUS: {
    meaning:
      'The maximum number of tokens for requests without a credential. It cannot raise OPERATION_MAX_TOKENS.',
    default: String(defaultOperationLimits.anonymousTokens),
    read: wholeNumber(1, 1_000_000),
  },
  OPERATION_MAX_DEPTH: {
    meaning:
      'The maximum depth of nested fields in an operation. The usual introspection query has a depth of 15.',
    default: String(defaultOperationLimits.depth),
    read: wholeNumber(1, 1_000),
  },
  OPERATION_MAX_ALIASES: {
    meaning:
      'The maximum number of aliases in an operation. Those of a fragment count each time that it is spread.',
    default: String(defaultOperationLimits.aliases),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_DIRECTIVES: {
    meaning:
      'The maximum number of directives in an operation. Those of a fragment count each time that it is spread.',
    default: String(defaultOperationLimits.directives),
    read: wholeNumber(0, 1_000_000),
  },
  OPERATION_MAX_COST: {
    meaning:
      'The maximum cost of an operation: the number of fields that its response can hold. A field below a list or page counts once per element.',
    default: String(defaultOperationLimits.cost),
    read: wholeNumber(1, 1_000_000_000),
  },
  IDENTITY_KEYS_FILE: {
    meaning: 'A file with the private JWK Set that signs identity tokens.',
    unset: 'none in production; otherwise a file that is generated in DATA_DIR',
    read: text,
  },
  OIDC_CLIENT_ID: {
    meaning:
      'The id of this server as a client of the issuer, for the sign-in to the keys page. The redirect URI to register is PUBLIC_URL followed by `/keys/callback`, and the one after a sign-out PUBLIC_URL followed by `/keys`.',
    unset: 'nobody can sign in, except in development',
    read: text,
  },
  OIDC_CLIENT_SECRET: {
    meaning: 'The secret of the client.',
    unset: 'none: a public client',
    read: text,
    file: 'line',
  },
  OIDC_ISSUER: {
    meaning: 'The issuer to sign in at, one of JWT_ISSUER and JWT_ISSUERS.',
    unset: 'the only issuer',
    read: text,
  },
  OIDC_SCOPES: {
    meaning:
      'The scopes that the sign-in asks for, separated by spaces or commas. Add those that people need on the page, such as `read:keys` and `write:keys`, and `offline_access` where the issuer requires it for a refresh token.',
    default: 'openid profile email',
    read: signInScopes,
  },
  OIDC_RESOURCE: {
    meaning:
      'The API that the access token is for: sent as `audience` for the preset `auth0`, otherwise as `resource` (RFC 8707).',
    unset: 'none',
    read: text,
  },
  OIDC_TOKEN: {
    meaning:
      'The token that the session stands for: `access`, or `id` for issuers whose access tokens are not JWTs for this server.',
    default: 'access',
    read: oneOf(['access', 'id']),
  },
  SESSION_KEYS: {
    meaning:
      'The secrets that encrypt the sessions of the keys page, separated by commas, each of 32 bytes or more. The first one encrypts; all of them decrypt. Sessions under a secret that is no longer in the list end.',
    unset: 'none in production; otherwise a file that is generated in DATA_DIR',
    read: sessionKeys,
    file: 'line',
  },
  GRAPHIQL: {
    meaning:
      '`true`: people who are signed in to the keys page get GraphiQL at `/graphql` outside development too. In development, everyone on this machine gets it.',
    default: 'false',
    read: trueOrFalse,
  },
  LOG_LEVEL: {
    meaning: `The least severe level that is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}.`,
    default: 'info',
    read: oneOf(logLevels),
  },
} as const satisfies Record<string, Definition>

export interface Definition {
  readonly meaning: string
  /** The text that is parsed when the variable is unset. */
  readonly default?: string
  /** The description of the default. Default: the text of `default`. */
  readonly unset?: string
  readonly read: z.ZodType
  /** The value may come from a file, which `<NAME>_FILE` names: one line, or any text. Default: not. */
  readonly file?: 'line' | 'text'
}

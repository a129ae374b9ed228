import { createHelpUrl, type HelpUrl } from '../help-url.ts'
import type { Principal } from '../principal.ts'
import { createAliasCheck } from './alias-check.ts'
import { type Authenticator, assembleAuthenticator } from './authenticator.ts'
import { startBackgroundWork } from './background-work.ts'
import { ChangeSubscribers } from './change-subscribers.ts'
import { createCaches, invalidating } from './credential-caches.ts'
import { credentialDefaults } from './defaults.ts'
import type { CredentialDirectory, MissingPepper } from './directory.ts'
import type { ImportedKeyForm } from './imported-key.ts'
import { aliasesOf, namesOf } from './issuer-names.ts'
import { type IssuerSettings, type ResolvedIssuer, resolveIssuers } from './issuer-settings.ts'
import { createJwtVerifier } from './jwt-verifier.ts'
import { type Clock, systemClock } from './lease.ts'
import { isPrincipalOf } from './principals.ts'
import { createSecretHasher } from './secret-hash.ts'
import { type ResolvedSession, resolveSession, type SessionSettings } from './session-settings.ts'
import { checkedSources } from './source-rules.ts'
import type { LostUses } from './use-recorder.ts'
import { createSessionVerifier } from './verify-session.ts'

export interface CreateAuthenticatorOptions {
  /** The issuers whose JWTs are accepted. Default: none. */
  readonly issuers?: readonly IssuerSettings[]
  /**
   * The store of users and API keys, such as `connectDirectory` of `latchkey/postgres` returns. Default: none.
   * Then every API key is refused, and the scopes of a JWT are its effective scopes.
   */
  readonly directory?: CredentialDirectory
  /** The prefix of every API key: 1 to 16 lower-case letters and digits, first a letter. Default `lk`. */
  readonly keyPrefix?: string
  /** The peppers (HMAC keys) of stored secrets. The first one hashes, all of them verify. Default: none. */
  readonly keyPeppers?: readonly string[]
  /**
   * The forms of keys of another key system that were imported with `keys.import`. Default: none.
   */
  readonly importedKeyForms?: readonly ImportedKeyForm[]
  /** The header that carries an API key, besides `Authorization`. Default `x-api-key`. */
  readonly apiKeyHeader?: string
  /** The header that carries a JWT, besides `Authorization`. Default: none. */
  readonly jwtHeader?: string
  /** The query parameter that carries an API key. Default: none, because URLs are written to logs. */
  readonly apiKeyQueryParameter?: string
  /**
   * Whether the credentials of an issuer's users are accepted. The API keys of other users are refused.
   * Default: those in `issuers`; every issuer if `issuers` is empty and there is no `session`. The issuer of
   * `session` is always accepted.
   */
  readonly trustsIssuer?: (issuer: string) => boolean
  /**
   * Whether the address and the user agent of the client are stored with the last use of each secret of a key.
   * Default: true. `false`: only the time is stored, and a stored client is removed at the next use.
   */
  readonly recordClients?: boolean
  /**
   * Called when uses of keys or new hashes could not be written, which is tried again, and when the check for
   * missing peppers failed, which is not. Default: the error is ignored.
   */
  readonly onError?: (error: unknown) => void
  /** Called with the number of uses that will never be written: beyond a limit, or left after `close`. */
  readonly onUsesLost?: (lost: LostUses) => void
  /**
   * Called once if keys are stored under peppers that are not in `keyPeppers`. The directory must support the
   * check. Default: a warning of the process (`LATCHKEY_MISSING_PEPPER`).
   */
  readonly onMissingPeppers?: (missing: readonly MissingPepper[]) => void
  /** Called when the keys of an issuer cannot be fetched, and for each unusable key. Default: ignored. */
  readonly onKeyProblem?: (issuer: string, error: Error) => void
  /**
   * The staleness bound: the milliseconds within which a revocation, or any other change, takes effect,
   * whatever fails. Default 2000. `0`: nothing is cached.
   */
  readonly maxStalenessMs?: number
  /**
   * The seconds for which JWTs of users that were read before are accepted while the directory cannot be
   * reached, from the time at which the user was last known to be unchanged. Default 60. `0`: none.
   */
  readonly jwtOutageSeconds?: number
  /**
   * The sign-in of the application as a credential, for users who come with a cookie. Requires a `directory`.
   * Default: none.
   */
  readonly session?: SessionSettings
  /** Returns the time in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

export interface ClosableAuthenticator extends Required<Authenticator> {
  /** Returns whether `value` is a principal that this authenticator made. A copy of one is not. */
  hasMade(value: unknown): value is Principal
  /**
   * Makes the errors of denied operations lead to the keys page from now on (`extensions.help`).
   *
   * @param pageUrl the URL of the page as its users open it, such as `https://api.example.com/keys`
   */
  offerHelp(pageUrl: string): void
  /** Writes the collected uses of keys and stops all background work. */
  close(): Promise<void>
}

/**
 * Creates an authenticator of API keys and JWTs.
 *
 * @throws Error naming the option, if the settings of an issuer are not valid or safe, or if a header or
 *   parameter for credentials has another meaning
 */
export function createAuthenticator(options: CreateAuthenticatorOptions): ClosableAuthenticator {
  const {
    issuers = [],
    directory = null,
    onKeyProblem,
    maxStalenessMs = credentialDefaults.maxStalenessMs,
  } = options
  const clock: Clock = { ...systemClock, ...(options.now && { wall: options.now }) }
  const sources = checkedSources({
    keyPrefix: options.keyPrefix ?? credentialDefaults.keyPrefix,
    importedForms: options.importedKeyForms ?? [],
    apiKeyHeader: options.apiKeyHeader ?? credentialDefaults.apiKeyHeader,
    jwtHeader: options.jwtHeader ?? null,
    apiKeyQueryParameter: options.apiKeyQueryParameter ?? null,
  })
  const resolved = issuers.flatMap(resolveIssuers)
  if (directory === null) refuseGrants(issuers)
  const jwtIssuers = namesOf(resolved)
  const session = sessionOf(options, resolved)
  const caches = createCaches({ ...options, maxStalenessMs, clock })
  const subscribers = new ChangeSubscribers()
  const watch = directory?.watch?.(invalidating(caches, subscribers), maxStalenessMs)
  const background = startBackgroundWork(options)
  const trustsIssuer = trustsOf(options, resolved, session)
  const maker = Symbol('authenticator')
  const authenticator = assembleAuthenticator({
    sources,
    maker,
    jwt:
      issuers.length === 0
        ? null
        : createJwtVerifier({
            issuers: resolved,
            ...(onKeyProblem && { onKeyProblem }),
          }),
    directory,
    hasher: createSecretHasher(options.keyPeppers ?? []),
    checkAliases: createAliasCheck(directory, resolved),
    trustsIssuer,
    session:
      session === null || directory === null
        ? null
        : createSessionVerifier({ session, jwtIssuers, directory, trustsIssuer, maker }),
    uses: background.uses,
    recordsClients: options.recordClients ?? true,
    rehashes: background.rehashes,
    caches,
    clock,
  })
  let helpUrl: HelpUrl | null = null
  return {
    ...authenticator,
    helpUrl: (principal, scopes) => helpUrl?.(principal, scopes) ?? null,
    offerHelp: (pageUrl) => {
      helpUrl = createHelpUrl(pageUrl)
    },
    onChange: ({ userId, credential: { kind, id } }, listener) =>
      subscribers.subscribe(kind === 'API_KEY' && id !== null ? [userId, id] : [userId], listener),
    hasMade: (value) => isPrincipalOf(maker, value),
    recheckMs: recheckInterval(maxStalenessMs, caches.verified !== null),
    sessionRecheckMs: recheckInterval(maxStalenessMs, false),
    close: () => background.close(watch),
  }
}

/** @throws Error if an issuer's scopes come from the grants of users, which are not stored */
function refuseGrants(issuers: readonly IssuerSettings[]): void {
  for (const { issuer, scopesFrom } of issuers) {
    if (scopesFrom !== 'grant') continue
    throw new Error(
      `JWT issuer ${JSON.stringify(issuer)}: scopesFrom: must not be \`grant\` without a \`directory\`, which stores the grants`,
    )
  }
}

/** @throws Error if the settings of the session are not valid */
function sessionOf(
  { session, directory }: CreateAuthenticatorOptions,
  issuers: readonly ResolvedIssuer[],
): ResolvedSession | null {
  if (session === undefined) return null
  if (directory === undefined) {
    throw new Error('session: needs a `directory`, which stores the users and their grants')
  }
  return resolveSession(session, namesOf(issuers), aliasesOf(issuers))
}

function trustsOf(
  { trustsIssuer }: CreateAuthenticatorOptions,
  issuers: readonly ResolvedIssuer[],
  session: ResolvedSession | null,
): (issuer: string) => boolean {
  if (trustsIssuer !== undefined) {
    return (issuer) => issuer === session?.issuer || trustsIssuer(issuer)
  }
  const trusted = session === null ? issuers : [...issuers, session]
  if (trusted.length === 0) return () => true
  const names = new Set(trusted.map(({ issuer }) => issuer))
  return (issuer) => names.has(issuer)
}

/**
 * Returns the interval between two checks of a long response. A cached result may be almost as old as the
 * staleness bound, so it needs frequent checks; without a cache, a result is at most as old as the interval.
 */
function recheckInterval(maxStalenessMs: number, cached: boolean): number {
  if (maxStalenessMs === 0) return 1_000
  return cached ? Math.min(100, maxStalenessMs / 2) : maxStalenessMs / 2
}

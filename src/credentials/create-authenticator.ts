import { type Authenticator, assembleAuthenticator } from './authenticator.ts'
import type { ChangeListener } from './changes.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { credentialDefaults } from './defaults.ts'
import type { CredentialDirectory, MissingPepper } from './directory.ts'
import { type IssuerSettings, type ResolvedIssuer, resolveIssuer } from './issuer-settings.ts'
import { createJwtVerifier } from './jwt-verifier.ts'
import { KnownUsers } from './known-users.ts'
import { type Clock, systemClock } from './lease.ts'
import { checkPeppers } from './missing-peppers.ts'
import { createRehashQueue } from './rehash-queue.ts'
import { createSecretHasher } from './secret-hash.ts'
import { SingleFlight } from './single-flight.ts'
import { checkedSources } from './source-rules.ts'
import { createUseRecorder, type LostUses } from './use-recorder.ts'
import { VerifiedCache } from './verified-cache.ts'

export interface CreateAuthenticatorOptions {
  /** Whose JWTs are accepted. Default none. */
  readonly issuers?: readonly IssuerSettings[]
  /**
   * Where users and API keys are kept, such as `connectDirectory` of `latchkey/postgres` gives.
   * Without one there are no API keys, and a JWT's scopes are effective as they stand.
   */
  readonly directory?: CredentialDirectory
  /** First part of every API key: 1 to 16 lower-case letters and digits, first a letter. Default `lk`. */
  readonly keyPrefix?: string
  /** HMAC peppers over stored hashes: the first hashes, all verify. Default none. */
  readonly keyPeppers?: readonly string[]
  /** A header for API keys beside `Authorization`, without another meaning. Default `x-api-key`. */
  readonly apiKeyHeader?: string
  /** A header for JWTs beside `Authorization`, another one. Default none. */
  readonly jwtHeader?: string
  /** A query parameter for API keys. Default none: URLs end up in logs. */
  readonly apiKeyQueryParameter?: string
  /**
   * Whether credentials of users of that issuer are honoured at all. Default: those of `issuers`, so that
   * the keys of an issuer's users go with it; of every issuer where `issuers` is empty.
   */
  readonly trustsIssuer?: (issuer: string) => boolean
  /**
   * Called when uses of keys, or hashes under another pepper, could not be written, which is tried again;
   * and when missing peppers could not be looked for, which is not.
   */
  readonly onError?: (error: unknown) => void
  /** Called with the number of uses that are never written: past the limit of keys, or left after `close`. */
  readonly onUsesLost?: (lost: LostUses) => void
  /**
   * Called once where keys are stored under peppers that are not in `keyPeppers`, if the directory tells.
   * Default: a warning of the process (`LATCHKEY_MISSING_PEPPER`).
   */
  readonly onMissingPeppers?: (missing: readonly MissingPepper[]) => void
  /** Told when an issuer's keys cannot be fetched, and of keys that are unfit for use. */
  readonly onKeyProblem?: (issuer: string, error: Error) => void
  /**
   * Within how many milliseconds a revocation, or any other change, is honoured whatever fails.
   * Default 2000; 0: nothing is remembered.
   */
  readonly maxStalenessMs?: number
  /**
   * How long JWTs of users known here are honoured while the directory is out of reach, from when their
   * users were last known to be unchanged. Default 60; 0: not.
   */
  readonly jwtOutageSeconds?: number
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

export interface ClosableAuthenticator extends Required<Authenticator> {
  /** Writes down what keys were used lately and stops. */
  close(): Promise<void>
}

/**
 * Makes what turns a request's credential into a principal.
 *
 * @throws Error naming the setting, when an issuer's settings would not be safe or a credential could
 *   not be told from something else in the place where it is looked for
 */
export function createAuthenticator(options: CreateAuthenticatorOptions): ClosableAuthenticator {
  const {
    issuers = [],
    directory = null,
    onKeyProblem,
    maxStalenessMs = credentialDefaults.maxStalenessMs,
  } = options
  const { onError, onUsesLost } = options
  const clock: Clock = { ...systemClock, ...(options.now && { wall: options.now }) }
  const sources = checkedSources({
    keyPrefix: options.keyPrefix ?? credentialDefaults.keyPrefix,
    apiKeyHeader: options.apiKeyHeader ?? credentialDefaults.apiKeyHeader,
    jwtHeader: options.jwtHeader ?? null,
    apiKeyQueryParameter: options.apiKeyQueryParameter ?? null,
  })
  const resolved = issuers.map(resolveIssuer)
  const caches = createCaches(options, maxStalenessMs, clock)
  const watch = directory?.watch?.(invalidating(caches), maxStalenessMs)
  const { keyPeppers = [], onMissingPeppers } = options
  const endCheck =
    directory &&
    checkPeppers(directory, {
      peppers: keyPeppers,
      ...(onMissingPeppers && { onMissing: onMissingPeppers }),
      ...(onError && { onError }),
    })
  const uses =
    directory === null
      ? null
      : createUseRecorder({
          write: async (chunk) => (await directory.markUsed(chunk)) ?? [],
          ...(onError && { onError }),
          ...(onUsesLost && { onLost: onUsesLost }),
        })
  const rehashes = directory?.rehash
    ? createRehashQueue({
        write: (batch) => directory.rehash?.(batch) ?? Promise.resolve(),
        ...(onError && { onError }),
      })
    : null
  const authenticator = assembleAuthenticator({
    sources,
    jwt:
      issuers.length === 0
        ? null
        : createJwtVerifier({
            issuers: resolved,
            ...(onKeyProblem && { onKeyProblem }),
          }),
    directory,
    hasher: createSecretHasher(keyPeppers),
    trustsIssuer: options.trustsIssuer ?? trustsOnly(resolved),
    uses,
    rehashes,
    caches,
    clock,
  })
  return {
    ...authenticator,
    recheckMs: recheckInterval(maxStalenessMs, caches.verified !== null),
    close: async () => {
      endCheck?.()
      await watch?.close()
      await rehashes?.close()
      await uses?.close()
    },
  }
}

function trustsOnly(issuers: readonly ResolvedIssuer[]): (issuer: string) => boolean {
  if (issuers.length === 0) return () => true
  const names = new Set(issuers.map(({ issuer }) => issuer))
  return (issuer) => names.has(issuer)
}

/**
 * What is remembered may be as old as the bound but for a margin, within which it has to be asked about
 * again; what is looked up each time may be as old as the interval.
 */
function recheckInterval(maxStalenessMs: number, cached: boolean): number {
  if (maxStalenessMs === 0) return 1_000
  return cached ? Math.min(100, maxStalenessMs / 2) : maxStalenessMs / 2
}

function createCaches(
  { directory, jwtOutageSeconds = credentialDefaults.jwtOutageSeconds }: CreateAuthenticatorOptions,
  maxStaleness: number,
  clock: Clock,
): CredentialCaches {
  const watched = directory?.watch !== undefined && maxStaleness > 0
  return {
    verified: watched ? new VerifiedCache({ clock, maxStaleness }) : null,
    // Few: whoever guesses comes with others each time, and who comes again is a client set up wrongly.
    wrongKeys: watched ? new VerifiedCache({ clock, maxStaleness, maxEntries: 5_000 }) : null,
    // A caller that joins one gets an answer that may be as old as its start.
    flights: new SingleFlight(clock, maxStaleness / 2),
    users: new KnownUsers({ clock, maxAge: jwtOutageSeconds * 1000 }),
  }
}

/** Hands what changes to everything that remembers. */
function invalidating({ verified, wrongKeys, flights, users }: CredentialCaches): ChangeListener {
  return {
    changed(change) {
      flights.forgetAll()
      verified?.changed(change)
      wrongKeys?.changed(change)
      users.changed(change)
    },
    heard(sent) {
      verified?.heard(sent)
      wrongKeys?.heard(sent)
      // A change during a look-up is noticed by the fence of the cache.
      if (verified !== null) users.heard(sent)
    },
    restarted() {
      flights.forgetAll()
      verified?.restarted()
      wrongKeys?.restarted()
      users.restarted()
    },
    lost() {
      flights.forgetAll()
      verified?.lost()
      wrongKeys?.lost()
      users.lost()
    },
  }
}

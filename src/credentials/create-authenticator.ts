import { type Authenticator, assembleAuthenticator } from './authenticator.ts'
import type { CredentialDirectory } from './directory.ts'
import { type IssuerSettings, resolveIssuer } from './issuer-settings.ts'
import { createJwtVerifier } from './jwt-verifier.ts'
import { createSecretHasher } from './secret-hash.ts'
import { createUseRecorder } from './use-recorder.ts'

export interface CreateAuthenticatorOptions {
  /** Whose JWTs are accepted. Default none. */
  readonly issuers?: readonly IssuerSettings[]
  /**
   * Where users and API keys are kept, such as `connectDirectory` of `latchkey/postgres` gives.
   * Without one there are no API keys, and a JWT's scopes are effective as they stand.
   */
  readonly directory?: CredentialDirectory
  /** First part of every API key. Default `lk`. */
  readonly keyPrefix?: string
  /** HMAC peppers over stored hashes: the first hashes, all verify. Default none. */
  readonly keyPeppers?: readonly string[]
  /** A header for API keys beside `Authorization`. Default `x-api-key`. */
  readonly apiKeyHeader?: string
  /** A header for JWTs beside `Authorization`. Default none. */
  readonly jwtHeader?: string
  /** A query parameter for API keys. Default none: URLs end up in logs. */
  readonly apiKeyQueryParameter?: string
  /** Whether credentials of users of that issuer are honoured at all. Default: those of every issuer. */
  readonly trustsIssuer?: (issuer: string) => boolean
  /** Told when the use of keys could not be written down; it is tried again. */
  readonly onError?: (error: unknown) => void
  /** Told when an issuer's keys cannot be fetched, and of keys that are unfit for use. */
  readonly onKeyProblem?: (issuer: string, error: Error) => void
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

export interface ClosableAuthenticator extends Authenticator {
  /** Writes down what keys were used lately and stops. */
  close(): Promise<void>
}

/**
 * Makes what turns a request's credential into a principal.
 *
 * @throws Error naming the setting, when an issuer's settings would not be safe
 */
export function createAuthenticator(options: CreateAuthenticatorOptions): ClosableAuthenticator {
  const { issuers = [], directory = null, onError, onKeyProblem, now = Date.now } = options
  const uses =
    directory === null
      ? null
      : createUseRecorder({
          write: (batch) => directory.markUsed(batch),
          ...(onError && { onError }),
        })
  const authenticator = assembleAuthenticator({
    sources: {
      keyPrefix: options.keyPrefix ?? 'lk',
      apiKeyHeader: (options.apiKeyHeader ?? 'x-api-key').toLowerCase(),
      jwtHeader: options.jwtHeader?.toLowerCase() ?? null,
      apiKeyQueryParameter: options.apiKeyQueryParameter ?? null,
    },
    jwt:
      issuers.length === 0
        ? null
        : createJwtVerifier({
            issuers: issuers.map(resolveIssuer),
            ...(onKeyProblem && { onKeyProblem }),
          }),
    directory,
    hasher: createSecretHasher(options.keyPeppers),
    trustsIssuer: options.trustsIssuer ?? (() => true),
    uses,
    now,
  })
  return {
    authenticate: authenticator.authenticate,
    close: async () => uses?.close(),
  }
}

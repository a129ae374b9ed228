import type { Config } from '../config.ts'
import {
  type ClosableAuthenticator,
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from '../credentials/create-authenticator.ts'
import type { Logger } from '../log.ts'

export interface ConfiguredAuthenticatorOptions
  extends Required<
    Pick<
      CreateAuthenticatorOptions,
      'issuers' | 'directory' | 'trustsIssuer' | 'maxStalenessMs' | 'now'
    >
  > {
  readonly log: Logger
}

/** An authenticator as `config` says, which logs what goes wrong behind the requests. */
export function configuredAuthenticator(
  config: Config,
  { log, ...options }: ConfiguredAuthenticatorOptions,
): ClosableAuthenticator {
  return createAuthenticator({
    ...options,
    keyPrefix: config.keyPrefix,
    keyPeppers: config.keyPeppers,
    apiKeyHeader: config.apiKeyHeader,
    ...(config.jwtHeader !== null && { jwtHeader: config.jwtHeader }),
    ...(config.apiKeyQueryParam !== null && { apiKeyQueryParameter: config.apiKeyQueryParam }),
    jwtOutageSeconds: config.jwtOutageSeconds,
    onKeyProblem: (issuer, error) => log.warn({ issuer, err: error }, "an issuer's keys are amiss"),
    onError: (error) =>
      log.warn({ err: error }, 'the use of keys could not be written; it is tried again'),
    onUsesLost: (lost) => log.warn(lost, 'uses of keys were never written'),
  })
}

import { issuerNames } from '../credentials/issuer-names.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { isRemoteHttp, keyUrlFault } from '../credentials/issuer-url.ts'
import type { Fault } from './faults.ts'
import type { Mode } from './rules.ts'
import type { GivenVariables, Settings } from './settings.ts'

/** The client with which people sign in to the keys page. */
export interface OidcConfig {
  /** One of the configured issuers. */
  readonly issuer: string
  readonly clientId: string
  /** `null`: a public client. */
  readonly clientSecret: string | null
  readonly scopes: readonly string[]
  readonly resource: string | null
  readonly token: 'access' | 'id'
}

export function oidcOf(settings: Settings, issuers: readonly IssuerSettings[]): OidcConfig | null {
  const { OIDC_CLIENT_ID: clientId, OIDC_ISSUER: issuer = issuers[0]?.issuer } = settings
  if (clientId === undefined || issuer === undefined) return null
  return Object.freeze({
    issuer,
    clientId,
    clientSecret: settings.OIDC_CLIENT_SECRET ?? null,
    scopes: Object.freeze(settings.OIDC_SCOPES),
    resource: settings.OIDC_RESOURCE ?? null,
    token: settings.OIDC_TOKEN,
  })
}

/** Finds faults of the sign-in. Without OIDC_CLIENT_ID there is none, and the page says so. */
export function oidcFaults(
  mode: Mode,
  given: GivenVariables,
  settings: Settings,
  issuers: readonly IssuerSettings[],
): readonly Fault[] {
  if (given.OIDC_CLIENT_ID === undefined) return uselessFaults(given)
  if (mode === 'development') {
    const message =
      'needs an issuer to sign in at: set JWT_ISSUER and JWT_AUDIENCE, or unset it to sign in as a sample user'
    return [{ variable: 'OIDC_CLIENT_ID', message }]
  }
  return [...issuerFaults(settings, issuers), ...urlFaults(mode, given), ...keyFaults(mode, given)]
}

function uselessFaults(given: GivenVariables): readonly Fault[] {
  const others = [
    'OIDC_CLIENT_SECRET',
    'OIDC_ISSUER',
    'OIDC_SCOPES',
    'OIDC_RESOURCE',
    'OIDC_TOKEN',
  ] as const
  return others
    .filter((variable) => given[variable] !== undefined)
    .map((variable) => ({
      variable,
      message: 'has no effect without OIDC_CLIENT_ID: set both or neither',
    }))
}

function issuerFaults(
  { OIDC_ISSUER: named }: Settings,
  issuers: readonly IssuerSettings[],
): readonly Fault[] {
  const variable = 'OIDC_ISSUER'
  // The faults of the issuers themselves are reported already.
  if (issuers.length === 0) return []
  if (named === undefined && issuers.length > 1) {
    return [{ variable, message: 'must name one of the issuers, because there are several' }]
  }
  const found =
    named === undefined ? issuers[0] : issuers.find((one) => issuerNames(one).includes(named))
  if (found === undefined) {
    return [{ variable, message: 'must be the issuer in JWT_ISSUER or one of JWT_ISSUERS' }]
  }
  if (keyUrlFault(named ?? found.issuer, found.allowHttp === true) === null) return []
  return [{ variable, message: 'must be a URL below which the issuer publishes its metadata' }]
}

function urlFaults(mode: Mode, { PUBLIC_URL: url }: GivenVariables): readonly Fault[] {
  const variable = 'PUBLIC_URL'
  if (url === undefined && mode === 'production') {
    const message = 'must be set with OIDC_CLIENT_ID: the issuer sends browsers back to it'
    return [{ variable, message }]
  }
  if (url === undefined || !isRemoteHttp(url)) return []
  const message = 'must be https with OIDC_CLIENT_ID: the cookie of a session is sent over TLS only'
  return [{ variable, message }]
}

function keyFaults(mode: Mode, { SESSION_KEYS: keys }: GivenVariables): readonly Fault[] {
  if (keys !== undefined || mode !== 'production') return []
  const message =
    'must be set in production with OIDC_CLIENT_ID, for example to the output of openssl rand -hex 32: it encrypts the sessions'
  return [{ variable: 'SESSION_KEYS', message }]
}

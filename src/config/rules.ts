import { isDevelopmentIssuer } from '../credentials/development-issuer-path.ts'
import { issuerNames } from '../credentials/issuer-names.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { isWorldReadable, readIdentityKeysFile } from '../identity/key-file.ts'
import { IdentityKeysError } from '../identity/keys.ts'
import { isLoopbackHost } from '../net/loopback.ts'
import { createScopeCatalogue } from '../scopes.ts'
import type { Fault } from './faults.ts'
import { namesIssuer } from './issuers.ts'
import type { GivenVariables, Settings } from './settings.ts'

/*
 * Rules about several variables. Some of them look at the given text and not at the parsed value, so that
 * a faulty variable is not reported as a missing one too.
 */

/**
 * *development*: NODE_ENV is not `production` and no issuer is configured. The server has an issuer of its
 * own and listens on a loopback address only. *self-run*: an issuer is configured; the embedded database
 * is allowed. *production*: a database and an issuer are required.
 */
export type Mode = 'development' | 'self-run' | 'production'

export function modeOf(given: GivenVariables): Mode {
  if (given.NODE_ENV === 'production') return 'production'
  return namesIssuer(given) ? 'self-run' : 'development'
}

export function modeFaults(
  mode: Mode,
  host: string,
  given: GivenVariables,
  issuers: readonly IssuerSettings[],
): readonly Fault[] {
  const faults: Fault[] = []
  if (mode === 'development' && !isLoopbackHost(host)) {
    const message =
      'must be a loopback address such as 127.0.0.1 in development. To listen on another address, set JWT_ISSUER and JWT_AUDIENCE, or NODE_ENV=production'
    faults.push({ variable: 'HOST', message })
  }
  faults.push(...embeddedFaults(mode, given))
  if (mode !== 'production') return faults
  if (!namesIssuer(given)) {
    const message =
      'must be set in production, with JWT_AUDIENCE (or set JWT_ISSUERS): production has no development issuer'
    faults.push({ variable: 'JWT_ISSUER', message })
  }
  if (issuers.some(({ issuer }) => isDevelopmentIssuer(issuer))) {
    const message =
      'must not be a development issuer in production: set the issuer of your identity provider'
    faults.push({ variable: given.JWT_ISSUER ? 'JWT_ISSUER' : 'JWT_ISSUERS', message })
  }
  return faults
}

/**
 * An issuer with configured keys and an alias may have any name, but not that of this server, which is the issuer
 * of identity tokens.
 *
 * @param publicUrl `null`: not known yet
 */
export function issuerNameFaults(
  publicUrl: string | null,
  issuers: readonly IssuerSettings[],
): readonly Fault[] {
  const isOwn = (name: string) => name.replace(/\/+$/, '') === publicUrl
  const faultOf = (member: string) => ({
    variable: 'JWT_ISSUERS',
    message: `must not contain PUBLIC_URL ${member}: it is the issuer of identity tokens`,
  })
  return [
    ...(issuers.some((one) => (one.jwks ?? one.jwksFile) !== undefined && isOwn(one.issuer))
      ? [faultOf('as an `issuer`')]
      : []),
    ...(issuers.some((one) => issuerNames(one).slice(1).some(isOwn))
      ? [faultOf('in `aliases`')]
      : []),
  ]
}

export function embeddedFaults(mode: Mode, given: GivenVariables): readonly Fault[] {
  if (mode !== 'production' || given.DATABASE_URL !== undefined) return []
  const message =
    'must be set in production, such as postgres://user@host:5432/database: production has no embedded database'
  return [{ variable: 'DATABASE_URL', message }]
}

export function databaseFaults(given: GivenVariables): readonly Fault[] {
  if (given.DATABASE_URL !== undefined) return []
  return (['DATABASE_LISTEN_URL', 'DATABASE_READ_URL'] as const)
    .filter((variable) => given[variable] !== undefined)
    .map((variable) => ({
      variable,
      message: 'has no effect without DATABASE_URL: set both or neither',
    }))
}

export function headerFaults(settings: Settings): readonly Fault[] {
  if (settings.JWT_HEADER !== settings.API_KEY_HEADER) return []
  return [{ variable: 'JWT_HEADER', message: 'must not be the same header as API_KEY_HEADER' }]
}

/** @param others `null`: SCOPES_FILE could not be read, so nothing is checked */
export function defaultScopeFaults(
  settings: Settings,
  others: Readonly<Record<string, string>> | null,
): readonly Fault[] {
  if (settings.DEFAULT_USER_SCOPES === undefined || others === null) return []
  const known = createScopeCatalogue(others)
  if (settings.DEFAULT_USER_SCOPES.every((scope) => known.has(scope))) return []
  const message = `contains an unknown scope. The known scopes are ${[...known.keys()].join(', ')}`
  return [{ variable: 'DEFAULT_USER_SCOPES', message }]
}

export function identityKeysFileFaults(mode: Mode, settings: Settings): readonly Fault[] {
  const path = settings.IDENTITY_KEYS_FILE
  const fault = path === undefined ? null : identityKeysFileFault(mode, path)
  return fault === null ? [] : [{ variable: 'IDENTITY_KEYS_FILE', message: fault }]
}

function identityKeysFileFault(mode: Mode, path: string): string | null {
  try {
    readIdentityKeysFile(path)
    if (mode === 'production' && isWorldReadable(path)) {
      return 'names a file that every account on this machine may read, though it contains private keys: run chmod o-r on it'
    }
    return null
  } catch (error) {
    if (error instanceof IdentityKeysError) return `names a file that ${error.message}`
    return 'names a file that does not exist or cannot be read'
  }
}

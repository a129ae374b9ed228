import { isDevelopmentIssuer } from '../credentials/development-issuer-path.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { isWorldReadable, readIdentityKeysFile } from '../identity/key-file.ts'
import { IdentityKeysError } from '../identity/keys.ts'
import { isLoopbackHost } from '../net/loopback.ts'
import { createScopeCatalogue } from '../scopes.ts'
import type { Fault } from './faults.ts'
import { namesIssuer } from './issuers.ts'
import type { GivenVariables, Settings } from './variables.ts'

/*
 * What must hold between variables. A rule looks at what was given rather than at what could be read
 * where a faulty value should not be reported as a missing one too.
 */

/**
 * *development*: no issuer is configured and this is not production, so the server is its own issuer,
 * on loopback alone. *self-run*: an issuer, and the embedded database is allowed. *production*: a
 * database and an issuer, or nothing.
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
      'must be a loopback address such as 127.0.0.1 while no issuer is configured: set JWT_ISSUER and JWT_AUDIENCE, or NODE_ENV=production, to serve others'
    faults.push({ variable: 'HOST', message })
  }
  faults.push(...embeddedFaults(mode, given))
  if (mode !== 'production') return faults
  if (!namesIssuer(given)) {
    const message =
      'must be set in production, with JWT_AUDIENCE (or JWT_ISSUERS for several): there is no development issuer'
    faults.push({ variable: 'JWT_ISSUER', message })
  }
  if (issuers.some(({ issuer }) => isDevelopmentIssuer(issuer))) {
    const message = 'must not name a development issuer in production'
    faults.push({ variable: given.JWT_ISSUER ? 'JWT_ISSUER' : 'JWT_ISSUERS', message })
  }
  return faults
}

/** Production has no embedded database. */
export function embeddedFaults(mode: Mode, given: GivenVariables): readonly Fault[] {
  if (mode !== 'production' || given.DATABASE_URL !== undefined) return []
  const message = 'must be set in production: postgres://user@host:5432/database'
  return [{ variable: 'DATABASE_URL', message }]
}

export function databaseFaults(given: GivenVariables): readonly Fault[] {
  if (given.DATABASE_URL !== undefined) return []
  return (['DATABASE_LISTEN_URL', 'DATABASE_READ_URL'] as const)
    .filter((variable) => given[variable] !== undefined)
    .map((variable) => ({ variable, message: 'is nothing without DATABASE_URL: set that too' }))
}

export function headerFaults(settings: Settings): readonly Fault[] {
  if (settings.JWT_HEADER !== settings.API_KEY_HEADER) return []
  return [{ variable: 'JWT_HEADER', message: 'must not be the header for API keys' }]
}

/** `others` is `null` when it could not be read: then what is unknown cannot be told. */
export function defaultScopeFaults(
  settings: Settings,
  others: Readonly<Record<string, string>> | null,
): readonly Fault[] {
  if (settings.DEFAULT_USER_SCOPES === undefined || others === null) return []
  const known = createScopeCatalogue(others)
  if (settings.DEFAULT_USER_SCOPES.every((scope) => known.has(scope))) return []
  const message = `holds a scope that is not known; there are ${[...known.keys()].join(', ')}`
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
      return 'names a file that every account may read: it holds private keys, so chmod o-r'
    }
    return null
  } catch (error) {
    if (error instanceof IdentityKeysError) return `names a file that ${error.message}`
    return 'names no readable file'
  }
}

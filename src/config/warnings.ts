import { isReplaceableByOthers } from '../identity/key-file.ts'
import { loopbackOfUnspecified } from '../net/loopback.ts'
import { isPublicRange } from '../net/trusted-proxies.ts'
import { administrativeScopes, sorted } from '../scopes.ts'
import type { Mode } from './rules.ts'
import type { Settings } from './settings.ts'

/** Shorter secrets can be guessed. Bytes, as for a key of HMAC-SHA-256 (RFC 2104 §3). */
const minPepperLength = 32

/**
 * Returns sentences for the log of a start, about settings that are valid, and less safe or less useful than was
 * probably meant. They contain no secret.
 */
export function startWarnings(settings: Settings, mode: Mode): readonly string[] {
  return [
    publicUrlWarning(settings),
    pepperWarning(settings),
    proxiesWarning(settings),
    defaultScopesWarning(settings),
    graphiqlWarning(settings, mode),
  ].filter((warning) => warning !== null)
}

function publicUrlWarning({ HOST, PUBLIC_URL }: Settings): string | null {
  if (PUBLIC_URL !== undefined || loopbackOfUnspecified(HOST) === null) return null
  return 'PUBLIC_URL is not set and HOST is every address of this machine: identity tokens name a loopback address as their issuer. Set PUBLIC_URL to the URL under which clients and backends reach this server'
}

function pepperWarning({ KEY_PEPPER: peppers = [] }: Settings): string | null {
  const positions = peppers.flatMap((pepper, index) =>
    Buffer.byteLength(pepper) < minPepperLength ? [String(index + 1)] : [],
  )
  if (positions.length === 0) return null
  return `KEY_PEPPER has a pepper of fewer than ${minPepperLength} bytes (position ${positions.join(', ')}), which can be guessed. Replace it, for example by the output of openssl rand -hex 32`
}

function proxiesWarning({ TRUSTED_PROXIES: { ranges } }: Settings): string | null {
  const open = ranges.filter(isPublicRange)
  if (open.length === 0) return null
  return `TRUSTED_PROXIES has ${open.join(', ')}, which covers addresses of the Internet: every client there can choose the address that its failed attempts count for. Name your proxies only`
}

function defaultScopesWarning({ DEFAULT_USER_SCOPES: scopes = [] }: Settings): string | null {
  const administrative = sorted(scopes).filter((scope) => administrativeScopes.has(scope))
  if (administrative.length === 0) return null
  return `DEFAULT_USER_SCOPES grants administrative scopes to every new user: ${administrative.join(', ')}. Grant them to single users with latchkey users grant`
}

function graphiqlWarning({ GRAPHIQL, OIDC_CLIENT_ID }: Settings, mode: Mode): string | null {
  if (!GRAPHIQL || mode === 'development' || OIDC_CLIENT_ID !== undefined) return null
  return 'GRAPHIQL has no effect without OIDC_CLIENT_ID: GraphiQL is for people who are signed in, and nobody can sign in'
}

export function identityKeysWarnings({ IDENTITY_KEYS_FILE: file }: Settings): readonly string[] {
  if (file === undefined || !isReplaceableByOthers(file)) return []
  return [
    'IDENTITY_KEYS_FILE names a file that every account on this machine may write or replace, and so issue identity tokens. Run chmod o-w on it and on its folder',
  ]
}

import { isObject } from '../json.ts'
import { allJwsAlgorithms, isJwsAlgorithm } from '../jwks/algorithms.ts'
import { keySetFault } from '../jwks/key-set.ts'
import { isScopeName } from '../scopes.ts'
import { maxIssuerLength } from '../users/identity.ts'
import { isVisibleAscii } from '../visible-ascii.ts'
import { isDevelopmentIssuer } from './development-issuer-path.ts'
import { type IssuerPresetName, isIssuerPreset, issuerPresets } from './issuer-presets.ts'
import type { IssuerSettings } from './issuer-settings.ts'
import { standsForSeveralTenants } from './issuer-tenants.ts'
import { issuerUrlFault, keyUrlFault } from './issuer-url.ts'
import { keyFileFault } from './key-source.ts'

/** A part of a URL that documentation leaves for the reader to replace, such as `{tenantid}`. */
const placeholder = /\{\w+\}|<\w[\w -]*>/
const placeholderFault = 'contains a placeholder such as {tenantid}: replace it by your own value'
const tenantId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

type Setting = keyof IssuerSettings
type Check = (value: unknown, settings: Readonly<Record<string, unknown>>) => string | null

const checks: Readonly<Record<Setting, Check>> = {
  issuer: (value, { preset, jwksUri, jwks, jwksFile, allowHttp, tenants }) => {
    if (!isText(value)) return `${textFault(value)}: set it to the exact \`iss\` of the tokens`
    const hasOwnKeys = jwks !== undefined || jwksFile !== undefined
    if (!hasOwnKeys && placeholder.test(value)) return placeholderFault
    if (preset === 'entra' && tenants === undefined && standsForSeveralTenants(value)) {
      return 'must contain the id of your tenant, as `iss` of the tokens does (or list several in `tenants`)'
    }
    if (!isVisibleAscii(value, maxIssuerLength)) {
      return `must be 1 to ${maxIssuerLength} visible ASCII characters`
    }
    if (hasOwnKeys) return ownNameFault(value)
    return issuerUrlFault(value, allowHttp === true, isText(jwksUri) && /^https:/i.test(jwksUri))
  },
  aliases: optional((value, { issuer, preset, tenants }) => {
    if (!isTextList(value)) return 'must be an array of one or more values of `iss`'
    for (const alias of value) {
      const fault = aliasFault(alias, preset === 'entra', tenants !== undefined)
      if (fault !== null) return `${JSON.stringify(alias)} ${fault}`
      if (alias === issuer) return `must not contain \`issuer\` itself: ${JSON.stringify(alias)}`
    }
    return new Set(value).size < value.length ? 'must not contain the same name twice' : null
  }),
  audience: (value) => {
    if (!isText(value) && !isTextList(value)) {
      const fault = textFault(value, 'must be a string or an array of strings')
      return `${fault}: set it to the \`aud\` of the tokens`
    }
    const audiences = [value].flat()
    if (audiences.some((audience) => placeholder.test(audience))) return placeholderFault
    return audiences.some((audience) => audience.includes(','))
      ? 'must not contain a comma: write several audiences as an array in JWT_ISSUERS'
      : null
  },
  preset: optional((value) =>
    isPresetName(value) ? null : `must be one of ${Object.keys(issuerPresets).join(', ')}`,
  ),
  tenants: optional((value, { preset, issuer }) => {
    if (preset !== 'entra') return 'needs the preset entra'
    if (!isTextList(value) || !value.every((id) => tenantId.test(id))) {
      return 'must be an array of one or more tenant ids, such as aaaabbbb-0000-cccc-1111-dddd2222eeee'
    }
    return isText(issuer) && standsForSeveralTenants(issuer)
      ? null
      : 'needs an `issuer` with `organizations` in the place of the tenant, such as https://login.microsoftonline.com/organizations/v2.0'
  }),
  jwksUri: optional((value, { allowHttp }) => {
    if (!isText(value)) return 'must be an absolute URL'
    return placeholder.test(value) ? placeholderFault : keyUrlFault(value, allowHttp === true)
  }),
  jwks: optional((value, { jwksUri }) => {
    if (jwksUri !== undefined) return 'must not be set together with `jwksUri`'
    const fault = keySetFault(value)
    return fault === null ? null : `must be a JWK Set with public keys: it ${fault}`
  }),
  jwksFile: optional((value, { jwksUri, jwks }) => {
    if (jwksUri !== undefined || jwks !== undefined) {
      return 'must not be set together with `jwksUri` or `jwks`'
    }
    if (!isText(value)) return 'must be the path of a file with a JWK Set'
    const fault = keyFileFault(value)
    return fault === null ? null : `names a file that ${fault}`
  }),
  allowHttp: optional((value) => (typeof value === 'boolean' ? null : 'must be true or false')),
  algorithms: optional((value) => {
    const bad = isTextList(value) ? value.find((name) => !isJwsAlgorithm(name)) : ''
    if (bad === undefined) return null
    const why = /^HS\d+$/.test(bad) ? `${bad} needs a shared secret and is not supported; ` : ''
    return `${why}must be an array of one or more of ${allJwsAlgorithms.join(', ')}`
  }),
  scopeClaims: optional((value) =>
    isTextList(value)
      ? null
      : 'must be an array of one or more claim names (leave it out for the default)',
  ),
  scopesFrom: optional((value, { preset, grantClaim }) => {
    if (value !== 'token' && value !== 'grant') return 'must be `token` or `grant`'
    const statesGrant =
      grantClaim !== undefined ||
      (isPresetName(preset) && issuerPresets[preset].grantClaim !== null)
    return value === 'grant' && statesGrant
      ? 'must not be `grant` together with a `grantClaim`, which a preset may set: tokens with that claim have scopes'
      : null
  }),
  scopePrefix: optional((value) =>
    isText(value) && isScopeName(value)
      ? null
      : 'must be the beginning of a scope name, such as `latchkey/`',
  ),
  grantClaim: optional((value) => (isText(value) ? null : 'must be a claim name')),
  clockToleranceSeconds: optional((value) =>
    isNumberIn(value, 0, 300) ? null : 'must be a number from 0 to 300',
  ),
  maxTokenAgeSeconds: optional((value) =>
    isNumberIn(value, 1, Number.MAX_SAFE_INTEGER) ? null : 'must be a number from 1',
  ),
  allowMissingAzp: optional((value, { preset }) => {
    if (typeof value !== 'boolean') return 'must be true or false'
    return value && preset !== 'clerk' ? 'needs the preset clerk' : null
  }),
  allowAnonymousUsers: optional((value, { preset }) => {
    if (typeof value !== 'boolean') return 'must be true or false'
    return value && preset !== 'supabase' && preset !== 'firebase'
      ? 'needs the preset supabase or firebase: other issuers have no anonymous users'
      : null
  }),
  requireAccessTokenType: optional((value, { preset }) => {
    if (typeof value !== 'boolean') return 'must be true or false'
    const givesIdTokens = isPresetName(preset) && issuerPresets[preset].idTokens
    return value && givesIdTokens ? `must not be true: the tokens of ${preset} are ID tokens` : null
  }),
}

/**
 * Returns all faults of an issuer's settings, each as `member: what to set`; empty if they are valid. Accepts
 * any value, since settings come from JSON and from callers without types.
 */
export function issuerFaults(settings: unknown): string[] {
  if (!isObject(settings)) return ['must be an object with `issuer` and `audience`']
  const faults: string[] = []
  for (const [member, check] of Object.entries(checks)) {
    const fault = check(settings[member], settings)
    if (fault !== null) faults.push(`${member}: ${fault}`)
  }
  for (const member of Object.keys(settings)) {
    if (!Object.hasOwn(checks, member)) faults.push(`${member}: this setting does not exist`)
  }
  return faults
}

/** Returns the fault of a further name of an issuer. It need not be a URL, since it is never fetched. */
function aliasFault(alias: string, isEntra: boolean, hasTenants: boolean): string | null {
  if (placeholder.test(alias)) return placeholderFault
  if (!isVisibleAscii(alias, maxIssuerLength)) {
    return `must be 1 to ${maxIssuerLength} visible ASCII characters`
  }
  if (hasTenants && !standsForSeveralTenants(alias)) {
    return 'needs `organizations` in the place of the tenant, because `tenants` lists several'
  }
  if (isEntra && !hasTenants && standsForSeveralTenants(alias)) {
    return 'must contain the id of your tenant, as `iss` of the tokens does'
  }
  return ownNameFault(alias)
}

/** Returns the fault of a name that need not be a URL: an alias, or an issuer whose keys are configured. */
function ownNameFault(issuer: string): string | null {
  if (isDevelopmentIssuer(issuer)) return 'must not be a development issuer'
  return /^urn:latchkey:/i.test(issuer) ? 'must not begin with `urn:latchkey:`' : null
}

function optional(check: Check): Check {
  return (value, settings) => (value === undefined ? null : check(value, settings))
}

function isPresetName(value: unknown): value is IssuerPresetName {
  return isText(value) && isIssuerPreset(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

/** Returns the fault of a value that is not a text. An empty one is often an environment variable that is not set. */
function textFault(value: unknown, expected = 'must be a string'): string {
  return value === '' ? 'must not be empty' : expected
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}

function isNumberIn(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

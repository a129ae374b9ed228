import { isObject } from '../json.ts'
import {
  allJwsAlgorithms,
  canonicalAlgorithm,
  isJwsAlgorithm,
  type JwsAlgorithm,
} from '../jwks/algorithms.ts'
import { type ClaimPath, claimPath } from './claims.ts'
import {
  type IssuerPreset,
  type IssuerPresetName,
  isIssuerPreset,
  issuerPresets,
  standardIssuer,
} from './issuer-presets.ts'
import { issuerUrlFault, keyUrlFault } from './issuer-url.ts'

/** An issuer whose JWTs are taken. */
export interface IssuerSettings {
  /** `iss` of its tokens, to the character: Auth0's ends in a slash. https, or http on this machine. */
  readonly issuer: string
  /** What `aud` must name; of several, any one. The preset says where another claim takes its place. */
  readonly audience: string | readonly string[]
  /** Fills in what is left out below by the provider's documentation. */
  readonly preset?: IssuerPresetName | undefined
  /** Where its keys are (RFC 7517 §5). Default: found by discovery (RFC 8414, OpenID Connect Discovery). */
  readonly jwksUri?: string | undefined
  /** Accepted `alg`. Default: the preset's, else every asymmetric one. `EdDSA` includes `Ed25519`. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * Claims that carry scopes, as a space-separated string or an array; all found count together. Dots
   * lead into objects: `realm_access.roles`. Default: the preset's, else `scope`, `scp`, `permissions`.
   */
  readonly scopeClaims?: readonly string[] | undefined
  /**
   * The claim that lists all that the user holds, a ceiling over all of the user's credentials: a token
   * without it leaves the ceiling as it was, an empty one empties it. Default: the preset's, else none.
   */
  readonly grantClaim?: string | undefined
  /**
   * By how many seconds the issuer's clock may differ from ours, 0 to 300. Default: 5 for `iat` and
   * `nbf`, and 0 for `exp`, so that a token is never honoured past its time unless this says so.
   */
  readonly clockToleranceSeconds?: number | undefined
  /** The longest life of a token in seconds, `exp - iat` as well as `now - iat`. Default: no limit. */
  readonly maxTokenAgeSeconds?: number | undefined
  /** Take only tokens that say `at+jwt` in `typ` (RFC 9068 §4). Default: false. */
  readonly requireAccessTokenType?: boolean | undefined
}

/** Settings with presets applied, fit for use. */
export interface ResolvedIssuer {
  readonly issuer: string
  /** Every `iss` that means this issuer. */
  readonly names: readonly string[]
  readonly audiences: readonly string[]
  /** `null`: by discovery. */
  readonly jwksUri: string | null
  readonly algorithms: ReadonlySet<JwsAlgorithm>
  readonly scopeClaims: readonly ClaimPath[]
  readonly grantClaim: ClaimPath | null
  /** For `iat` and `nbf`. */
  readonly clockToleranceSeconds: number
  /** For `exp`. */
  readonly expiryToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | null
  readonly requireAccessTokenType: boolean
  readonly preset: IssuerPreset
}

const defaultClockTolerance = 5

/**
 * Applies the preset and the defaults.
 *
 * @throws Error that says everything that is wrong with the settings and what to set
 */
export function resolveIssuer(settings: IssuerSettings): ResolvedIssuer {
  const faults = issuerFaults(settings)
  if (faults.length > 0) {
    throw new Error(`JWT issuer ${JSON.stringify(settings?.issuer ?? null)}: ${faults.join('; ')}`)
  }
  const preset: IssuerPreset =
    settings.preset === undefined ? standardIssuer : issuerPresets[settings.preset]
  const audiences = [settings.audience].flat()
  const alias = preset.issuerAliases[settings.issuer]
  return {
    issuer: settings.issuer,
    names: alias === undefined ? [settings.issuer] : [settings.issuer, alias],
    audiences,
    jwksUri: settings.jwksUri ?? preset.jwksUri(settings.issuer),
    algorithms: new Set(
      (settings.algorithms ?? preset.algorithms).filter(isJwsAlgorithm).map(canonicalAlgorithm),
    ),
    scopeClaims: settings.scopeClaims?.map(claimPath) ?? preset.scopeClaims(audiences),
    grantClaim:
      settings.grantClaim === undefined ? preset.grantClaim : claimPath(settings.grantClaim),
    clockToleranceSeconds: settings.clockToleranceSeconds ?? defaultClockTolerance,
    expiryToleranceSeconds: settings.clockToleranceSeconds ?? 0,
    maxTokenAgeSeconds: settings.maxTokenAgeSeconds ?? null,
    requireAccessTokenType: settings.requireAccessTokenType ?? false,
    preset,
  }
}

type Setting = keyof IssuerSettings
type Check = (value: unknown, settings: Readonly<Record<string, unknown>>) => string | null

const checks: Readonly<Record<Setting, Check>> = {
  issuer: (value, { preset }) => {
    if (!isText(value)) return 'set it to `iss` of the tokens, to the character'
    if (preset === 'entra' && /\/(common|organizations|consumers)(\/|$)/.test(value)) {
      return 'must name your tenant, as the tokens do'
    }
    return issuerUrlFault(value)
  },
  audience: (value) =>
    isText(value) || isTextList(value) ? null : 'set it to what `aud` of the tokens must name',
  preset: optional((value) =>
    isText(value) && isIssuerPreset(value)
      ? null
      : `must be one of ${Object.keys(issuerPresets).join(', ')}`,
  ),
  jwksUri: optional((value) => (isText(value) ? keyUrlFault(value) : 'must be an absolute URL')),
  algorithms: optional((value) => {
    const bad = isTextList(value) ? value.find((name) => !isJwsAlgorithm(name)) : ''
    if (bad === undefined) return null
    const why = /^HS\d+$/.test(bad) ? `${bad} needs a shared secret; ` : ''
    return `${why}must list one or more of ${allJwsAlgorithms.join(', ')}`
  }),
  scopeClaims: optional((value) =>
    isTextList(value) ? null : 'must list one or more claim names; leave it out for the default',
  ),
  grantClaim: optional((value) => (isText(value) ? null : 'must be a claim name')),
  clockToleranceSeconds: optional((value) =>
    isNumberIn(value, 0, 300) ? null : 'must be a number from 0 to 300',
  ),
  maxTokenAgeSeconds: optional((value) =>
    isNumberIn(value, 1, Number.MAX_SAFE_INTEGER) ? null : 'must be a number from 1',
  ),
  requireAccessTokenType: optional((value, { preset }) => {
    if (typeof value !== 'boolean') return 'must be true or false'
    const givesIdTokens = isText(preset) && isIssuerPreset(preset) && issuerPresets[preset].idTokens
    return value && givesIdTokens ? `cannot be had: ${preset} gives ID tokens` : null
  }),
}

/**
 * Everything that is wrong with an issuer's settings, each as `member: what to set`; empty when they
 * are good. Takes any value, since settings come from JSON and from callers without types.
 */
export function issuerFaults(settings: unknown): string[] {
  if (!isObject(settings)) return ['must be an object with `issuer` and `audience`']
  const faults: string[] = []
  for (const [member, check] of Object.entries(checks)) {
    const fault = check(settings[member], settings)
    if (fault !== null) faults.push(`${member}: ${fault}`)
  }
  for (const member of Object.keys(settings)) {
    if (!Object.hasOwn(checks, member)) faults.push(`${member}: there is no such setting`)
  }
  return faults
}

function optional(check: Check): Check {
  return (value, settings) => (value === undefined ? null : check(value, settings))
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}

function isNumberIn(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

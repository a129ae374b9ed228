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

/** The settings of an issuer whose JWTs are accepted. */
export interface IssuerSettings {
  /** The exact `iss` of its tokens (at Auth0 it ends with a slash): an https URL, or http on this machine. */
  readonly issuer: string
  /** The audiences: `aud` must contain one of them. Some presets use another claim in its place. */
  readonly audience: string | readonly string[]
  /** The provider, which decides the defaults of the settings below. Default: none. */
  readonly preset?: IssuerPresetName | undefined
  /** The URL of its JWK Set (RFC 7517 §5). Default: found by OpenID Connect Discovery or RFC 8414. */
  readonly jwksUri?: string | undefined
  /** The accepted `alg`. Default: the preset's, otherwise every asymmetric one. `EdDSA` includes `Ed25519`. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * The claims with scopes, each a space-separated string or an array; their scopes are joined. Dots separate
   * the members of objects: `realm_access.roles`. Default: the preset's, otherwise `scope`, `scp`,
   * `permissions`.
   */
  readonly scopeClaims?: readonly string[] | undefined
  /**
   * The claim with the whole grant of the user, a ceiling of all credentials of the user. A token without the
   * claim does not change the ceiling, an empty claim empties it. Default: the preset's, otherwise none.
   */
  readonly grantClaim?: string | undefined
  /**
   * The seconds by which the clock of the issuer may differ, 0 to 300. Default: 5 for `iat` and `nbf`, and 0
   * for `exp`, so that a token is not accepted after its expiry.
   */
  readonly clockToleranceSeconds?: number | undefined
  /** The maximum lifetime (`exp - iat`) and age (`now - iat`) of a token in seconds. Default: no limit. */
  readonly maxTokenAgeSeconds?: number | undefined
  /** Whether only tokens with the `typ` `at+jwt` are accepted (RFC 9068 §4). Default: false. */
  readonly requireAccessTokenType?: boolean | undefined
}

/** Valid settings with the preset and the defaults applied. */
export interface ResolvedIssuer {
  readonly issuer: string
  /** Every value of `iss` for this issuer. */
  readonly names: readonly string[]
  readonly audiences: readonly string[]
  /** `null`: found by discovery. */
  readonly jwksUri: string | null
  readonly algorithms: ReadonlySet<JwsAlgorithm>
  readonly scopeClaims: readonly ClaimPath[]
  readonly grantClaim: ClaimPath | null
  /** The tolerance for `iat` and `nbf`. */
  readonly clockToleranceSeconds: number
  /** The tolerance for `exp`. */
  readonly expiryToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | null
  readonly requireAccessTokenType: boolean
  readonly preset: IssuerPreset
}

const defaultClockTolerance = 5

/**
 * Checks the settings and applies the preset and the defaults.
 *
 * @throws Error with all faults of the settings
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
    if (!isText(value)) return 'must be a string: set it to the exact `iss` of the tokens'
    if (preset === 'entra' && /\/(common|organizations|consumers)(\/|$)/.test(value)) {
      return 'must contain the id of your tenant, as `iss` of the tokens does'
    }
    return issuerUrlFault(value)
  },
  audience: (value) =>
    isText(value) || isTextList(value)
      ? null
      : 'must be a string or an array of strings: set it to the `aud` of the tokens',
  preset: optional((value) =>
    isText(value) && isIssuerPreset(value)
      ? null
      : `must be one of ${Object.keys(issuerPresets).join(', ')}`,
  ),
  jwksUri: optional((value) => (isText(value) ? keyUrlFault(value) : 'must be an absolute URL')),
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

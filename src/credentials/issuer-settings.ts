import { canonicalAlgorithm, isJwsAlgorithm, type JwsAlgorithm } from '../jwks/algorithms.ts'
import { type ClaimPath, type Claims, claimPath } from './claims.ts'
import { issuerNames } from './issuer-names.ts'
import {
  type IssuerPreset,
  type IssuerPresetName,
  issuerPresets,
  type ScopesFrom,
  standardIssuer,
} from './issuer-presets.ts'
import { issuerFaults } from './issuer-rules.ts'
import { expandTenants } from './issuer-tenants.ts'
import type { KeySource } from './key-source.ts'

/** The settings of an issuer whose JWTs are accepted. */
export interface IssuerSettings {
  /**
   * The exact `iss` of its tokens (at Auth0 it ends with a slash): an https URL, or http on this machine. With an
   * https `jwksUri` it may be any http URL, as at AD FS, and with `jwks` or `jwksFile` any text of visible ASCII.
   * At most 2048 characters.
   */
  readonly issuer: string
  /**
   * Further values of `iss` for the same issuer, such as that of a custom domain: a user has one row whichever
   * name its tokens have. The keys of `issuer` verify these tokens; an alias is never fetched. Default: none.
   */
  readonly aliases?: readonly string[] | undefined
  /**
   * The audiences: `aud` must contain one of them. The first one that a token contains is the audience of the
   * grant that it states. Some presets use another claim in the place of `aud`.
   */
  readonly audience: string | readonly string[]
  /** The provider, which decides the defaults of the settings below. Default: none. */
  readonly preset?: IssuerPresetName | undefined
  /** The URL of its JWK Set (RFC 7517 §5). Default: found by OpenID Connect Discovery or RFC 8414. */
  readonly jwksUri?: string | undefined
  /**
   * The ids of the Entra tenants whose tokens are accepted. `issuer` then contains `organizations` or `common` in
   * the place of the id, and so do its `aliases`. Each tenant is an issuer of its own. Requires the preset `entra`. Default: the tenant in
   * `issuer`.
   */
  readonly tenants?: readonly string[] | undefined
  /** The JWK Set itself, with public keys only, for an issuer without a URL. Excludes `jwksUri`. Default: none. */
  readonly jwks?: { readonly keys: readonly object[] } | undefined
  /**
   * The path of a file with the JWK Set. It is read at the start and again every ten minutes, and when a token
   * names an unknown key. Excludes `jwksUri` and `jwks`. Default: none.
   */
  readonly jwksFile?: string | undefined
  /**
   * Whether `issuer` and the URL of its keys may use http to a private network: a private address, a name without
   * a dot, or a name below `svc` or `cluster.local`. Anyone who controls that network can replace the keys. Default:
   * false, http to this machine only.
   */
  readonly allowHttp?: boolean | undefined
  /** The accepted `alg`. Default: the preset's, otherwise every asymmetric one. `EdDSA` includes `Ed25519`. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * The claims with scopes, each a space-separated string or an array; their scopes are joined. Dots separate
   * the members of objects: `realm_access.roles`. Default: the preset's, otherwise `scope`, `scp`,
   * `permissions`.
   */
  readonly scopeClaims?: readonly string[] | undefined
  /**
   * `grant`: a token without any of `scopeClaims` carries the scopes that the grant of its user on this server
   * lists, and no scope if the user has no ceiling. A token with such a claim, even an empty one, is narrowed by
   * it. For issuers whose tokens have no scopes. Requires a directory and excludes `grantClaim`. Default: the
   * preset's, otherwise `token`.
   */
  readonly scopesFrom?: ScopesFrom | undefined
  /**
   * The text before each scope in the claims of this issuer, such as `latchkey/` at Cognito. It is removed, and
   * scopes without it are ignored. It applies to `scopeClaims` and `grantClaim`. Default: none.
   */
  readonly scopePrefix?: string | undefined
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
  /**
   * Whether tokens of Clerk without `azp` and without `aud` are accepted, which clients that send no origin get,
   * such as native applications. They may be meant for any application of the issuer. Default: false.
   */
  readonly allowMissingAzp?: boolean | undefined
  /**
   * Whether tokens of anonymous users are accepted, whom Supabase and Firebase create for visitors that have not
   * signed in. Requires one of these presets. Default: false.
   */
  readonly allowAnonymousUsers?: boolean | undefined
  /** Whether only tokens with the `typ` `at+jwt` are accepted (RFC 9068 §4). Default: false. */
  readonly requireAccessTokenType?: boolean | undefined
}

/** Valid settings with the preset and the defaults applied. */
export interface ResolvedIssuer extends KeySource {
  /** Every accepted value of `iss`: `issuer` first, then its aliases. */
  readonly names: readonly string[]
  readonly audiences: readonly string[]
  readonly algorithms: ReadonlySet<JwsAlgorithm>
  /** Returns the claims with scopes for a token of these audiences. */
  scopeClaims(audiences: readonly string[]): readonly ClaimPath[]
  /** Returns further scopes; `undefined`: the token has none. */
  encodedScopes(claims: Claims): readonly string[] | undefined
  readonly scopesFrom: ScopesFrom
  /** Empty: none. */
  readonly scopePrefix: string
  readonly grantClaim: ClaimPath | null
  /** The tolerance for `iat` and `nbf`. */
  readonly clockToleranceSeconds: number
  /** The tolerance for `exp`. */
  readonly expiryToleranceSeconds: number
  readonly maxTokenAgeSeconds: number | null
  readonly requireAccessTokenType: boolean
  readonly allowAnonymousUsers: boolean
  readonly allowMissingAzp: boolean
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
  const ownScopeClaims = settings.scopeClaims?.map(claimPath)
  return {
    issuer: settings.issuer,
    names: issuerNames(settings),
    audiences,
    jwksUri: settings.jwksUri ?? preset.jwksUri(settings.issuer),
    jwks: settings.jwks ?? null,
    jwksFile: settings.jwksFile ?? null,
    allowHttp: settings.allowHttp ?? false,
    algorithms: new Set(
      (settings.algorithms ?? preset.algorithms).filter(isJwsAlgorithm).map(canonicalAlgorithm),
    ),
    encodedScopes: ownScopeClaims === undefined ? preset.encodedScopes : () => undefined,
    scopeClaims: ownScopeClaims === undefined ? preset.scopeClaims : () => ownScopeClaims,
    // An issuer that states the whole grant of its users has tokens with scopes.
    scopesFrom: settings.scopesFrom ?? (settings.grantClaim ? 'token' : preset.scopesFrom),
    scopePrefix: settings.scopePrefix ?? '',
    grantClaim:
      settings.grantClaim === undefined ? preset.grantClaim : claimPath(settings.grantClaim),
    clockToleranceSeconds: settings.clockToleranceSeconds ?? defaultClockTolerance,
    expiryToleranceSeconds: settings.clockToleranceSeconds ?? 0,
    maxTokenAgeSeconds: settings.maxTokenAgeSeconds ?? null,
    requireAccessTokenType: settings.requireAccessTokenType ?? false,
    allowMissingAzp: settings.allowMissingAzp ?? false,
    allowAnonymousUsers: settings.allowAnonymousUsers ?? false,
    preset,
  }
}

/**
 * Returns an issuer for each tenant, or one if the settings have no `tenants`.
 *
 * @throws Error with all faults of the settings
 */
export function resolveIssuers(settings: IssuerSettings): readonly ResolvedIssuer[] {
  const faults = issuerFaults(settings)
  return faults.length > 0 ? [resolveIssuer(settings)] : expandTenants(settings).map(resolveIssuer)
}

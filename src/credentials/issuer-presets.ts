import { allJwsAlgorithms, type JwsAlgorithm } from '../jwks/algorithms.ts'
import { type ClaimPath, type Claims, claimPath, readClaim } from './claims.ts'
import { clerkPermissions } from './clerk-permissions.ts'

/**
 * `token`: a token carries the scopes that it states. `grant`: a token without any scope claim carries the
 * scopes that the grant of its user lists.
 */
export type ScopesFrom = 'token' | 'grant'

/** The properties of a provider's tokens. The settings of an issuer override those of its preset. */
export interface IssuerPreset {
  readonly algorithms: readonly JwsAlgorithm[]
  /**
   * Returns the claims with scopes for a token of these audiences, which are configured ones. The scopes of all
   * these claims are joined.
   */
  scopeClaims(audiences: readonly string[]): readonly ClaimPath[]
  /** Returns further scopes, which the provider encodes in its own way; `undefined`: the token has none. */
  encodedScopes(claims: Claims): readonly string[] | undefined
  /** The source of the scopes of a token without any scope claim. */
  readonly scopesFrom: ScopesFrom
  /** The claim with the whole grant of the user; `null`: the provider has none. */
  readonly grantClaim: ClaimPath | null
  /** Returns the value that the configured audience is compared with: a string or an array of strings. */
  audienceOf(claims: Claims): unknown
  /** The name of the claim that `audienceOf` reads, for the log. */
  readonly audienceClaim: string
  /** Whether the claims belong to the kind of token that the provider intends for APIs. */
  isForApis(claims: Claims): boolean
  /** The name of the claim that `isForApis` reads, for the log. */
  readonly kindClaim: string
  /** Whether the user has not signed in: the provider creates such users for visitors. */
  isAnonymous(claims: Claims): boolean
  /** The name of the claim that `isAnonymous` reads, for the log. */
  readonly anonymousClaim: string
  /** Whether the provider intends its ID tokens to be sent to APIs. */
  readonly idTokens: boolean
  /** Claims that mark an ID token. A token with one of them is refused, unless `typ` is `at+jwt`. */
  readonly idTokenClaims: readonly string[]
  /** Further values of `iss` for the same issuer, by issuer. */
  readonly issuerAliases: Readonly<Record<string, string>>
  /** Returns the URL of the keys, for a provider that documents it and no discovery; `null`: discovery. */
  jwksUri(issuer: string): string | null
}

const defaultScopeClaims = ['scope', 'scp', 'permissions'].map(claimPath)

/**
 * The preset of an issuer without one (RFC 9068, RFC 7519). `nonce`, `at_hash` and `c_hash` mark an ID token
 * (OpenID Connect Core §2, §3.3.2.11). Access tokens may have these claims if their `typ` is `at+jwt`.
 */
export const standardIssuer: IssuerPreset = {
  algorithms: allJwsAlgorithms,
  scopeClaims: () => defaultScopeClaims,
  encodedScopes: () => undefined,
  scopesFrom: 'token',
  grantClaim: null,
  audienceOf: (claims) => claims.aud,
  audienceClaim: 'aud',
  isForApis: () => true,
  kindClaim: 'typ',
  isAnonymous: () => false,
  anonymousClaim: 'is_anonymous',
  idTokens: false,
  idTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  issuerAliases: {},
  jwksUri: () => null,
}

export const issuerPresets = {
  // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
  // https://auth0.com/docs/get-started/apis/enable-role-based-access-control-for-apis
  // `permissions` is the whole grant of the user for the API, whatever scopes the client requested.
  auth0: {
    ...standardIssuer,
    algorithms: ['RS256', 'PS256'],
    scopeClaims: () => ['scope', 'permissions'].map(claimPath),
    grantClaim: claimPath('permissions'),
  },

  // https://clerk.com/docs/guides/sessions/session-tokens
  // https://clerk.com/docs/guides/sessions/manual-jwt-verification
  // Session tokens have the front end's origin in `azp`. They have `aud` only if a JWT template adds it.
  // Some clients send no origin, so that `azp` is missing. In a `pending` session the user has not finished
  // signing in.
  clerk: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => ['scope', 'scp', 'permissions', 'org_permissions'].map(claimPath),
    encodedScopes: clerkPermissions,
    audienceOf: (claims) => claims.aud ?? claims.azp,
    audienceClaim: 'aud, azp',
    isForApis: (claims) => claims.sts !== 'pending',
    kindClaim: 'sts',
  },

  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  // A token has `aud` only if the client requested a resource (RFC 8707). It always has `client_id`.
  cognito: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => [claimPath('scope')],
    audienceOf: (claims) => claims.aud ?? claims.client_id,
    audienceClaim: 'aud, client_id',
    isForApis: (claims) => claims.token_use === 'access',
    kindClaim: 'token_use',
  },

  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
  // https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
  // `scp` contains delegated permissions, `roles` app roles. Only access tokens name the client, in `azp`
  // (v2.0) or `appid` (v1.0).
  entra: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => ['scp', 'roles'].map(claimPath),
    isForApis: (claims) => typeof (claims.azp ?? claims.appid) === 'string',
    kindClaim: 'azp, appid',
  },

  // https://firebase.google.com/docs/auth/admin/verify-id-tokens
  // The audience is the project id. Custom claims are at the top level; there are no scopes without them.
  firebase: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopesFrom: 'grant',
    idTokens: true,
    idTokenClaims: [],
    isAnonymous: (claims) => readClaim(claims, [['firebase', 'sign_in_provider']]) === 'anonymous',
    anonymousClaim: 'firebase.sign_in_provider',
  },

  // https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
  // The audience is the client id. `iss` has two forms. ID tokens have no scopes.
  google: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopesFrom: 'grant',
    idTokens: true,
    idTokenClaims: [],
    issuerAliases: { 'https://accounts.google.com': 'accounts.google.com' },
  },

  // https://www.keycloak.org/securing-apps/token-exchange and
  // https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
  // Scopes include realm roles and the roles of the clients that are the audience of the token. Up to version 24 access
  // tokens have a `nonce` (https://www.keycloak.org/docs/latest/upgrading/). `typ` is the kind of token.
  keycloak: {
    ...standardIssuer,
    scopeClaims: (audiences) => [
      claimPath('scope'),
      [['realm_access', 'roles']],
      ...audiences.map((audience) => [['resource_access', audience, 'roles']]),
    ],
    isForApis: (claims) => claims.typ === undefined || claims.typ === 'Bearer',
    idTokenClaims: ['at_hash', 'c_hash'],
  },

  // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token-scopes-and-claims
  // Only custom authorization servers: others cannot verify the tokens of the org server. Access tokens
  // name the client in `cid`.
  okta: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => [claimPath('scp')],
    isForApis: (claims) => typeof claims.cid === 'string',
    kindClaim: 'cid',
  },

  // https://supabase.com/docs/guides/auth/jwt-fields
  // https://supabase.com/docs/guides/auth/signing-keys
  // The audience is `authenticated`. Further claims, such as scopes, come from the token hook of the project.
  supabase: {
    ...standardIssuer,
    algorithms: ['ES256', 'RS256', 'EdDSA'],
    scopesFrom: 'grant',
    isAnonymous: (claims) => claims.is_anonymous === true,
    jwksUri: (issuer) => `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
  },
} as const satisfies Record<string, IssuerPreset>

export type IssuerPresetName = keyof typeof issuerPresets

export function isIssuerPreset(name: string): name is IssuerPresetName {
  return Object.hasOwn(issuerPresets, name)
}

import { allJwsAlgorithms, type JwsAlgorithm } from '../jwks/algorithms.ts'
import { type ClaimPath, type Claims, claimPath } from './claims.ts'

/** In what an issuer's tokens differ from others'. An issuer's own settings go before its preset. */
export interface IssuerPreset {
  readonly algorithms: readonly JwsAlgorithm[]
  /** Where scopes are; those of all the claims found count together. */
  scopeClaims(audiences: readonly string[]): readonly ClaimPath[]
  /** The claim that lists all that the user holds, where the provider has one. */
  readonly grantClaim: ClaimPath | null
  /** What the configured audience is compared with: a string or an array of them. */
  audienceOf(claims: Claims): unknown
  /** Whether the claims are those of the kind of token that the provider means for an API. */
  isForApis(claims: Claims): boolean
  /** Whether the provider means its ID tokens to be sent to an API. */
  readonly idTokens: boolean
  /** Claims that only an ID token has; a token with one is refused unless `typ` says access token. */
  readonly idTokenClaims: readonly string[]
  /** Other values of `iss` that the provider uses for the same issuer. */
  readonly issuerAliases: Readonly<Record<string, string>>
  /** Where the keys are, for a provider that documents the place and no discovery. */
  jwksUri(issuer: string): string | null
}

const defaultScopeClaims = ['scope', 'scp', 'permissions'].map(claimPath)

/**
 * RFC 9068 and RFC 7519, for an issuer without a preset. ID tokens are told by `nonce`, `at_hash` and
 * `c_hash` (OpenID Connect Core §2, §3.3.2.11): a provider that types its access tokens `at+jwt` may
 * put them there as well, any other has no reason to.
 */
export const standardIssuer: IssuerPreset = {
  algorithms: allJwsAlgorithms,
  scopeClaims: () => defaultScopeClaims,
  grantClaim: null,
  audienceOf: (claims) => claims.aud,
  isForApis: () => true,
  idTokens: false,
  idTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  issuerAliases: {},
  jwksUri: () => null,
}

export const issuerPresets = {
  // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
  // https://auth0.com/docs/get-started/apis/enable-role-based-access-control-for-apis
  // `permissions` is all that the user holds for the API, whatever the client asked for.
  auth0: {
    ...standardIssuer,
    algorithms: ['RS256', 'PS256'],
    scopeClaims: () => ['scope', 'permissions'].map(claimPath),
    grantClaim: claimPath('permissions'),
  },

  // https://clerk.com/docs/guides/sessions/session-tokens
  // https://clerk.com/docs/guides/sessions/manual-jwt-verification
  // Session tokens have the front end's origin in `azp` and no `aud`, which a JWT template may add.
  // A `pending` session has yet to finish signing in.
  clerk: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => ['scope', 'scp', 'permissions', 'org_permissions'].map(claimPath),
    audienceOf: (claims) => claims.aud ?? claims.azp,
    isForApis: (claims) => claims.sts !== 'pending',
  },

  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  // `aud` is there only where the client asked for a resource (RFC 8707); `client_id` always.
  cognito: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => [claimPath('scope')],
    audienceOf: (claims) => claims.aud ?? claims.client_id,
    isForApis: (claims) => claims.token_use === 'access',
  },

  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
  // https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
  // `scp` for a user's delegation, `roles` for app roles; only access tokens name the client, in `azp`
  // (v2.0) or `appid` (v1.0).
  entra: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => ['scp', 'roles'].map(claimPath),
    isForApis: (claims) => typeof (claims.azp ?? claims.appid) === 'string',
  },

  // https://firebase.google.com/docs/auth/admin/verify-id-tokens
  // The audience is the project id. Custom claims are at the top.
  firebase: {
    ...standardIssuer,
    algorithms: ['RS256'],
    idTokens: true,
    idTokenClaims: [],
  },

  // https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
  // The audience is the client id. `iss` has two spellings.
  google: {
    ...standardIssuer,
    algorithms: ['RS256'],
    idTokens: true,
    idTokenClaims: [],
    issuerAliases: { 'https://accounts.google.com': 'accounts.google.com' },
  },

  // https://www.keycloak.org/securing-apps/token-exchange and
  // https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
  // Realm roles, and those of the client that the audience names. Until version 24 access tokens have
  // a `nonce` as well (https://www.keycloak.org/docs/latest/upgrading/); the claim `typ` tells the kind.
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
  // Custom authorization servers only: those of the org server are not for others to verify. Access
  // tokens name the client in `cid`.
  okta: {
    ...standardIssuer,
    algorithms: ['RS256'],
    scopeClaims: () => [claimPath('scp')],
    isForApis: (claims) => typeof claims.cid === 'string',
  },

  // https://supabase.com/docs/guides/auth/jwt-fields
  // https://supabase.com/docs/guides/auth/signing-keys
  // The audience is `authenticated`. Claims beyond the fixed ones come from the project's token hook.
  supabase: {
    ...standardIssuer,
    algorithms: ['ES256', 'RS256', 'EdDSA'],
    jwksUri: (issuer) => `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
  },
} as const satisfies Record<string, IssuerPreset>

export type IssuerPresetName = keyof typeof issuerPresets

export function isIssuerPreset(name: string): name is IssuerPresetName {
  return Object.hasOwn(issuerPresets, name)
}

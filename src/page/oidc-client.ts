import { decodeJwt } from 'jose'
import type { Configuration, ServerMetadata, TokenEndpointResponse } from 'openid-client'
import { fetchFromIssuer } from '../credentials/issuer-fetch.ts'
import { isRemoteHttp } from '../credentials/issuer-url.ts'
import type { SessionTokens } from '../sessions/session.ts'
import { type IssuedTokens, SessionOverError } from './session-renewal.ts'

/** A client of an issuer (OpenID Connect Core §3.1). */
export interface OidcSettings {
  /** The issuer, below which its metadata are published. */
  readonly issuer: string
  /** Whether the issuer may be reached over http in a private network. */
  readonly allowHttp: boolean
  readonly clientId: string
  /** `null`: a public client. */
  readonly clientSecret: string | null
  readonly scopes: readonly string[]
  /** The API that the access token is for; `null`: the issuer decides. */
  readonly resource: string | null
  /** The parameter that carries `resource`: that of RFC 8707, or Auth0's own. */
  readonly resourceParameter: 'resource' | 'audience'
  /** The token that a session stands for. */
  readonly token: 'access' | 'id'
}

/** The secrets of one sign-in, which its cookie carries. */
export interface SignInSecrets {
  readonly state: string
  readonly nonce: string
  /** The code verifier (RFC 7636). */
  readonly verifier: string
}

export interface OidcClient {
  /** Returns the URL at which a sign-in begins, and its secrets. */
  begin(redirectUri: string): Promise<{ readonly url: URL; readonly secrets: SignInSecrets }>
  /**
   * Exchanges the code in the answer of the issuer for tokens.
   *
   * @param url the redirect URI with the parameters of the answer
   */
  finish(url: URL, secrets: SignInSecrets): Promise<IssuedTokens>
  /** @throws SessionOverError if the issuer refuses; any other error if it does not answer */
  renew(tokens: SessionTokens): Promise<IssuedTokens>
  /** Asks the issuer to revoke the refresh token (RFC 7009), where it can. */
  revoke(tokens: SessionTokens): Promise<void>
  /** Returns the URL that ends the session at the issuer; `null` if it has none. */
  endSessionUrl(idToken: string | null, returnTo: string): Promise<string | null>
}

/** The maximum wait for an answer of the issuer, in seconds. */
const timeoutSeconds = 5
/** The time for which the metadata of the issuer are kept, in milliseconds. */
const metadataMs = 60 * 60 * 1000

export function createOidcClient(settings: OidcSettings, now: () => number): OidcClient {
  const { scopes, resource, resourceParameter } = settings
  const discover = createDiscovery(settings)
  const ofResource = resource === null ? {} : { [resourceParameter]: resource }
  // Auth0 names the API in the authorization request only.
  const ofTokenRequest = resourceParameter === 'resource' ? ofResource : {}

  function issued(response: TokenEndpointResponse, before: SessionTokens | null): IssuedTokens {
    const { access_token, id_token = null, refresh_token = null } = response
    const token = settings.token === 'access' ? access_token : id_token
    if (token === null) throw new SessionOverError('The issuer sent no ID token.')
    const claims = claimsOf(token)
    if (before !== null && claimsOf(before.token).sub !== claims.sub) {
      throw new SessionOverError('The issuer sent the token of another user.')
    }
    return {
      token,
      expiresAt: new Date(claims.exp === undefined ? now() : claims.exp * 1000),
      refreshToken: refresh_token ?? before?.refreshToken ?? null,
      idToken: id_token ?? before?.idToken ?? null,
    }
  }

  return {
    async begin(redirectUri) {
      const { client, config } = await discover()
      const secrets = createSecrets(client)
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopes.join(' '),
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
        // Without the consent of the person, an issuer ignores this scope (OpenID Connect Core §11).
        ...(scopes.includes('offline_access') && { prompt: 'consent' }),
        ...ofResource,
      })
      return { url, secrets }
    },

    async finish(url, { state, nonce, verifier }) {
      const { client, config } = await discover()
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
      return issued(await client.authorizationCodeGrant(config, url, checks, ofTokenRequest), null)
    },

    async renew(tokens) {
      const { client, config } = await discover()
      const { refreshToken } = tokens
      if (refreshToken === null) throw new SessionOverError('There is no refresh token.')
      try {
        return issued(await client.refreshTokenGrant(config, refreshToken, ofTokenRequest), tokens)
      } catch (error) {
        if (error instanceof client.ResponseBodyError && isRefusal(error)) {
          throw new SessionOverError('The issuer refuses the refresh token.', { cause: error })
        }
        throw error
      }
    },

    async revoke({ refreshToken }) {
      const { client, config } = await discover()
      if (refreshToken === null || config.serverMetadata().revocation_endpoint === undefined) return
      await client.tokenRevocation(config, refreshToken, { token_type_hint: 'refresh_token' })
    },

    async endSessionUrl(idToken, returnTo) {
      const { client, config } = await discover()
      if (config.serverMetadata().end_session_endpoint === undefined) return null
      const url = client.buildEndSessionUrl(config, {
        post_logout_redirect_uri: returnTo,
        ...(idToken !== null && { id_token_hint: idToken }),
      })
      return url.href
    },
  }
}

/** Errors that say nothing about the refresh token: the secret of this client may have changed (RFC 6749 §5.2). */
const otherErrors: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'temporarily_unavailable',
])
/** The statuses of an issuer that may accept the refresh token later: a timeout, and too many requests. */
const laterStatuses: ReadonlySet<number> = new Set([408, 429])

/** Whether the issuer has answered and refuses the refresh token permanently. */
function isRefusal({
  status,
  error,
}: {
  readonly status: number
  readonly error: string
}): boolean {
  return status < 500 && !laterStatuses.has(status) && !otherErrors.has(error)
}

type Client = typeof import('openid-client')

function createSecrets(client: Client): SignInSecrets {
  return {
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
  }
}

interface Discovered {
  readonly client: Client
  readonly config: Configuration
}

/** Returns a function that reads the metadata of the issuer, and keeps them for a while. */
function createDiscovery(settings: OidcSettings): () => Promise<Discovered> {
  let kept: { readonly at: number; readonly found: Promise<Discovered> } | null = null
  return async () => {
    if (kept !== null && performance.now() - kept.at < metadataMs) return await kept.found
    const fresh = { at: performance.now(), found: readMetadata(settings) }
    kept = fresh
    try {
      return await fresh.found
    } catch (error) {
      if (kept === fresh) kept = null
      throw error
    }
  }
}

async function readMetadata(settings: OidcSettings): Promise<Discovered> {
  const { issuer, allowHttp, clientId } = settings
  // Loaded at the first sign-in: a server without the page needs none of it.
  const client = await import('openid-client')
  const url = new URL(issuer)
  const isInsecure = url.protocol === 'http:' && (allowHttp || !isRemoteHttp(issuer))
  const fetch = fetchFromIssuer as NonNullable<Configuration[typeof client.customFetch]>
  const execute = isInsecure ? [client.allowInsecureRequests] : []
  const options = { [client.customFetch]: fetch, timeout: timeoutSeconds, execute }
  const found = await client.discovery(url, clientId, undefined, client.None(), options)
  const metadata = found.serverMetadata()
  const config = new client.Configuration(
    metadata,
    clientId,
    {},
    authentication(client, settings, metadata),
  )
  config[client.customFetch] = fetch
  config.timeout = timeoutSeconds
  if (isInsecure) client.allowInsecureRequests(config)
  return { client, config }
}

/** Without a list, the issuer supports `client_secret_basic` (OpenID Connect Discovery §3). */
function authentication(client: Client, { clientSecret }: OidcSettings, metadata: ServerMetadata) {
  if (clientSecret === null) return client.None()
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic') || !methods.includes('client_secret_post')
    ? client.ClientSecretBasic(clientSecret)
    : client.ClientSecretPost(clientSecret)
}

/** Reads claims without verifying them. The authenticator verifies the token whenever it counts. */
function claimsOf(token: string): { readonly sub?: string; readonly exp?: number } {
  try {
    const { sub, exp } = decodeJwt(token)
    return { ...(sub !== undefined && { sub }), ...(exp !== undefined && { exp }) }
  } catch {
    return {}
  }
}

/** Describes an error of the client for the log, without what the issuer sent: it may contain a token. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, error: answer } = error as { readonly code?: unknown; readonly error?: unknown }
  const cause = error.cause instanceof Error ? error.cause.message : null
  return [code, answer, error.message, cause].filter((part) => typeof part === 'string').join(': ')
}

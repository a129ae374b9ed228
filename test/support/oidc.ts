import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { createSigningKey, testAudience } from './issuer.ts'

export interface TestProvider {
  readonly issuer: string
  /** The subject that signs in next; `null`: the person refuses. */
  person: string | null
  /** Whether each sign-in gives a refresh token. */
  givesRefreshTokens: boolean
  /** Seconds for which further access tokens are valid. */
  lifetime: number
  /** The status with which the token endpoint fails from now on; `null`: it works. */
  failing: number | null
  /** The requests to the token endpoint so far, by grant type. */
  readonly grants: string[]
  /** The parameters of the requests to the authorization endpoint so far. */
  readonly asked: URLSearchParams[]
  close(): Promise<void>
}

/** Starts a certified OpenID provider, where `person` signs in without a form. */
export async function startProvider(redirectUris: readonly string[]): Promise<TestProvider> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const key = await createSigningKey('ES256')
  const scope = 'read:users read:keys write:keys'
  const self: TestProvider = {
    issuer,
    person: 'ada',
    givesRefreshTokens: false,
    lifetime: 600,
    failing: null,
    grants: [],
    asked: [],
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'page',
        client_secret: 'the-secret-of-the-client',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: redirectUris.map((uri) => uri.replace(/\/callback$/, '')),
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...key.publicJwk, ...key.privateKey.export({ format: 'jwk' }) }] },
    scopes: ['openid', 'profile', 'email', 'offline_access', ...scope.split(' ')],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => self.givesRefreshTokens,
    interactions: { url: () => '/interaction' },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience: testAudience,
          scope,
          accessTokenFormat: 'jwt',
          accessTokenTTL: self.lifetime,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    // biome-ignore lint/suspicious/noExplicitAny: the package has no types
    async loadExistingGrant({ oidc }: any) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope(`openid profile email offline_access ${scope}`)
      grant.addResourceScope(testAudience, scope)
      await grant.save()
      return grant
    },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: `${id} of the provider` }),
    }),
  })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    const url = new URL(request.url ?? '', issuer)
    if (url.pathname === '/auth') self.asked.push(url.searchParams)
    if (url.pathname === '/token' && self.failing !== null) {
      response.writeHead(self.failing, { 'content-type': 'application/json' })
      response.end('{"error":"invalid_grant"}')
      return
    }
    if (url.pathname === '/interaction') {
      const { person } = self
      const result =
        person === null
          ? { error: 'access_denied', error_description: 'no' }
          : { login: { accountId: person } }
      await provider.interactionFinished(request, response, result)
      return
    }
    answer(request, response)
  })
  provider.on('grant.success', (context) => self.grants.push(context.oidc.params.grant_type))
  return self
}

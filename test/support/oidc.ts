import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { createSigningKey, signJwt, testAudience } from './issuer.ts'

export interface TestProvider {
  readonly issuer: string
  /** The subject that signs in next; `null`: the person refuses. */
  person: string | null
  /** Whether each sign-in with the scope `offline_access` gives a refresh token. */
  givesRefreshTokens: boolean
  /** Seconds for which further access tokens are valid. */
  lifetime: number
  /** The status with which the token endpoint fails from now on; `null`: it works. */
  failing: number | null
  /** The error that it then sends. */
  failure: string
  /** The requests to the token endpoint so far, by grant type. */
  readonly grants: string[]
  /** The number of requests that revoked a token so far. */
  revocations: number
  /** The parameters of the requests to the authorization endpoint so far. */
  readonly asked: URLSearchParams[]
  /** Signs an access token of `subject` without a sign-in. */
  sign(subject: string, scope: string): Promise<string>
  close(): Promise<void>
}

/** The authorization code, as the provider stores it. */
interface Code {
  readonly scopes: ReadonlySet<string>
}

export interface TestProviderOptions {
  /** Whether the people who sign in type their names into a form. Default: `person` signs in without one. */
  readonly hasForm?: boolean
  /** The scopes of the API. Default: `read:users read:keys write:keys`. */
  readonly scope?: string
}

/** Starts a certified OpenID provider. */
export async function startProvider(
  redirectUris: readonly string[],
  { hasForm = false, scope = 'read:users read:keys write:keys' }: TestProviderOptions = {},
): Promise<TestProvider> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const key = await createSigningKey('ES256')
  const self: TestProvider = {
    issuer,
    person: 'ada',
    givesRefreshTokens: false,
    lifetime: 600,
    failing: null,
    failure: 'invalid_grant',
    grants: [],
    revocations: 0,
    asked: [],
    sign(sub, scope) {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: issuer, aud: testAudience, sub, scope, iat: now, exp: now + 300 }
      return signJwt(claims, { key })
    },
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
    issueRefreshToken: (_context: unknown, _client: unknown, code: Code) =>
      self.givesRefreshTokens && code.scopes.has('offline_access'),
    interactions: { url: () => '/interaction' },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: sendSignOutForm },
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
    if (url.pathname === '/token/revocation') self.revocations += 1
    if (url.pathname === '/token' && self.failing !== null) {
      response.writeHead(self.failing, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: self.failure }))
      return
    }
    if (url.pathname === '/interaction') {
      if (hasForm && request.method === 'GET') return sendForm(response)
      const person = hasForm ? await nameIn(request) : self.person
      const result =
        person === null
          ? { error: 'access_denied', error_description: 'no' }
          : { login: { accountId: person }, consent: {} }
      await provider.interactionFinished(request, response, result)
      return
    }
    answer(request, response)
  })
  provider.on('grant.success', (context) => self.grants.push(context.oidc.params.grant_type))
  return self
}

/** The form also stands for the consent. */
function sendForm(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' }).end(
    `<!doctype html><title>Provider</title><form method="post">
      <label>User name <input name="person" autofocus></label> <button>Continue</button></form>`,
  )
}

/** Without this, the provider sends a page that loads fonts from another origin. */
function sendSignOutForm(context: { body: string }, form: string): void {
  context.body = `<!doctype html><title>Provider</title>${form}
    <button form="op.logoutForm" name="logout" value="yes">Sign out</button>`
}

async function nameIn(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return new URLSearchParams(body).get('person') ?? ''
}

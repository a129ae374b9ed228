import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OAuth2Server } from 'oauth2-mock-server'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { createSigningKey, testAudience } from '../support/issuer.ts'

/** Returns the response of the token endpoint to a form. */
async function requestToken(url: string, form: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('service:secret').toString('base64')}` },
    body: new URLSearchParams(form),
  })
  const answer = await response.json()
  expect(answer).toMatchObject({ access_token: expect.any(String) })
  return answer as { access_token: string; id_token?: string }
}

describe('oidc-provider', () => {
  const server = createServer()
  let issuer: string

  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const key = await createSigningKey('ES256')
    const jwk = { ...key.publicJwk, ...key.privateKey.export({ format: 'jwk' }) }
    const resourceServer = {
      audience: testAudience,
      scope: 'read:users write:users',
      accessTokenFormat: 'jwt',
      accessTokenTTL: 300,
      jwt: { sign: { alg: 'ES256' } },
    }
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: 'service',
          client_secret: 'secret',
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys: [jwk] },
      scopes: ['read:users', 'write:users'],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => testAudience,
          getResourceServerInfo: () => resourceServer,
        },
      },
    })
    server.on('request', provider.callback())
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const tokenFor = async (scope: string) =>
    (await requestToken(`${issuer}/token`, { grant_type: 'client_credentials', scope }))
      .access_token

  test('its RFC 9068 access tokens are accepted, also if that type is required', async () => {
    const token = await tokenFor('read:users')
    for (const requireAccessTokenType of [false, true]) {
      const verifier = createJwtVerifier({
        issuers: [resolveIssuer({ issuer, audience: testAudience, requireAccessTokenType })],
      })
      expect(await verifier.verify(token, Date.now())).toMatchObject({
        ok: true,
        jwt: { issuer, subject: 'service', scopes: ['read:users'] },
      })
    }
  })

  test('its tokens for another audience, or after their expiry, are refused', async () => {
    const token = await tokenFor('read:users')
    const forOther = createJwtVerifier({
      issuers: [resolveIssuer({ issuer, audience: 'https://other.example' })],
    })
    expect(await forOther.verify(token, Date.now())).toMatchObject({ reason: 'audience' })
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer, audience: testAudience })],
    })
    expect(await verifier.verify(token, Date.now() + 301_000)).toMatchObject({ reason: 'expired' })
  })
})

describe('oauth2-mock-server', () => {
  const server = new OAuth2Server()
  let issuer: string

  beforeAll(async () => {
    await server.issuer.keys.generate('RS256')
    await server.start(0, '127.0.0.1')
    issuer = server.issuer.url ?? ''
  })
  afterAll(() => server.stop())

  const verifierFor = (audience: string) =>
    createJwtVerifier({ issuers: [resolveIssuer({ issuer, audience })] })

  const passwordGrant = (scope: string) =>
    requestToken(`${issuer}/token`, {
      grant_type: 'password',
      username: 'ada',
      client_id: 'service',
      scope,
    })

  test('its access tokens are accepted if they name the audience', async () => {
    server.service.once('beforeTokenSigning', (token) => {
      token.payload.aud = testAudience
    })
    const { access_token: token } = await passwordGrant('read:users write:keys')
    expect(await verifierFor(testAudience).verify(token, Date.now())).toMatchObject({
      ok: true,
      jwt: { issuer, subject: 'ada', scopes: ['read:users', 'write:keys'] },
    })
  })

  test('its ID tokens are not accepted as access tokens', async () => {
    const answer = await requestToken(`${issuer}/token`, {
      grant_type: 'authorization_code',
      code: 'any',
      client_id: 'service',
    })
    const verification = await verifierFor(testAudience).verify(answer.id_token ?? '', Date.now())
    expect(verification).toMatchObject({ reason: 'audience' })
  })

  test('a new key of it is found without a restart', async () => {
    const verifier = verifierFor(testAudience)
    const withAudience = (_header: unknown, payload: Record<string, unknown>) => {
      payload.aud = testAudience
      payload.sub = 'ada'
    }
    const first = await server.issuer.buildToken({ scopesOrTransform: withAudience })
    expect(await verifier.verify(first, Date.now())).toMatchObject({ ok: true })
    const { kid } = await server.issuer.keys.generate('ES384')
    const second = await server.issuer.buildToken({ kid, scopesOrTransform: withAudience })
    expect(await verifier.verify(second, Date.now())).toMatchObject({ ok: true })
  })
})

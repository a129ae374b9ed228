import { describe, expect, test } from 'vitest'
import { type IssuerPresetName, issuerPresets } from '../../src/credentials/issuer-presets.ts'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { createSigningKey, type SigningKey, signJwt, startIssuer } from '../support/issuer.ts'

const issuedAt = 1_750_000_000
const times = { iat: issuedAt, exp: issuedAt + 3600 }

interface Example {
  /** `iss` at the provider. */
  readonly issuer: string
  readonly audience: string
  readonly algorithm: string
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
  /** What is understood of it. */
  readonly subject: string
  /** `null`: the grant of the user decides. */
  readonly scopes: readonly string[] | null
  readonly grant?: readonly string[]
  /** Changes that make it another kind of token, or one for another recipient. */
  readonly refused: Record<string, Record<string, unknown>>
}

const keys = new Map<string, Promise<SigningKey>>()

function keyFor(algorithm: string) {
  const key = keys.get(algorithm) ?? createSigningKey(algorithm)
  keys.set(algorithm, key)
  return key
}

/** Tokens as each provider documents them, on the pages named in issuer-presets.ts. */
const examples: Record<IssuerPresetName, Example> = {
  auth0: {
    issuer: 'https://example.eu.auth0.com/',
    audience: 'https://api.example',
    algorithm: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://api.example', 'https://example.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile read:users',
      permissions: ['read:users', 'write:users'],
    },
    subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
    scopes: ['openid', 'profile', 'read:users', 'write:users'],
    grant: ['read:users', 'write:users'],
    refused: {
      'an ID token': { aud: 'https://api.example', nonce: 'n-0S6_WzA2Mj' },
      'another API': { aud: 'https://example.eu.auth0.com/userinfo' },
    },
  },
  clerk: {
    issuer: 'https://clerk.example.com',
    audience: 'https://example.com',
    algorithm: 'RS256',
    header: { typ: 'JWT', cat: 'cl_B7d4PD111AAA' },
    claims: {
      azp: 'https://example.com',
      fva: [7, -1],
      nbf: issuedAt - 10,
      jti: 'a1b2c3d4e5f67890abcd',
      pla: 'u:free',
      sid: 'sess_123',
      sts: 'active',
      sub: 'user_123',
      v: 2,
      fea: 'o:dashboard,u:chat,o:invoices',
      o: { id: 'org_123', rol: 'admin', slg: 'acme', per: 'read,manage,create', fpm: '3,4' },
    },
    subject: 'user_123',
    scopes: ['org:dashboard:manage', 'org:dashboard:read', 'org:invoices:create'],
    refused: {
      'another front end': { azp: 'https://evil.example' },
      'no front end': { azp: undefined },
      'a session that is not signed in yet': { sts: 'pending' },
      'an audience of its own that is another': { aud: 'https://other.example' },
    },
  },
  cognito: {
    issuer: 'https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example',
    audience: 'xxxxxxxxxxxxexample',
    algorithm: 'RS256',
    header: { typ: undefined },
    claims: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      device_key: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['testgroup'],
      version: 2,
      client_id: 'xxxxxxxxxxxxexample',
      token_use: 'access',
      scope: 'phone openid api/read:users',
      auth_time: issuedAt,
      jti: 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee',
      username: 'my-test-user',
    },
    subject: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    scopes: ['api/read:users', 'openid', 'phone'],
    refused: {
      'an ID token': { token_use: 'id', aud: 'xxxxxxxxxxxxexample', client_id: undefined },
      'no kind of token': { token_use: undefined },
      'another client': { client_id: 'other' },
      'a resource that is another': { aud: 'https://other.example' },
    },
  },
  entra: {
    issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
    audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
    algorithm: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      aud: '00001111-aaaa-2222-bbbb-3333cccc4444',
      nbf: issuedAt,
      aio: 'AXQAi/8IAAAA',
      azp: '11112222-bbbb-3333-cccc-4444dddd5555',
      azpacr: '0',
      name: 'Abe Lincoln',
      oid: '00000000-0000-0000-66f3-3332eca7ea81',
      rh: '0.AAAA',
      scp: 'read:users write:users',
      roles: ['read:audit'],
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    subject: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
    scopes: ['read:audit', 'read:users', 'write:users'],
    refused: {
      'an ID token': { azp: undefined, nonce: '12345' },
      'an ID token without nonce': { azp: undefined, scp: undefined },
      'another API': { aud: '00000003-0000-0000-c000-000000000000' },
    },
  },
  firebase: {
    issuer: 'https://securetoken.google.com/my-project',
    audience: 'my-project',
    algorithm: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      name: 'Ada',
      aud: 'my-project',
      auth_time: issuedAt,
      user_id: 'bk3RNwTe3H0CQXFIfLLsuwLPO6F2',
      sub: 'bk3RNwTe3H0CQXFIfLLsuwLPO6F2',
      email_verified: false,
      firebase: { identities: { email: ['ada@example.com'] }, sign_in_provider: 'password' },
      permissions: ['read:users'],
    },
    subject: 'bk3RNwTe3H0CQXFIfLLsuwLPO6F2',
    scopes: ['read:users'],
    refused: {
      'another project': { aud: 'other-project' },
      'an anonymous user': { firebase: { identities: {}, sign_in_provider: 'anonymous' } },
    },
  },
  google: {
    issuer: 'https://accounts.google.com',
    audience: '1234987819200.apps.googleusercontent.com',
    algorithm: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      azp: '1234987819200.apps.googleusercontent.com',
      aud: '1234987819200.apps.googleusercontent.com',
      sub: '10769150350006150715113082367',
      at_hash: 'HK6E_P6Dh8Y93mRNtsDB1Q',
      hd: 'example.com',
      email: 'jsmith@example.com',
      email_verified: 'true',
      nonce: '0394852-3190485-2490358',
    },
    subject: '10769150350006150715113082367',
    scopes: null,
    refused: { 'another client': { aud: 'other.apps.googleusercontent.com' } },
  },
  keycloak: {
    issuer: 'https://keycloak.example/realms/myrealm',
    audience: 'my.api',
    algorithm: 'RS256',
    header: { typ: 'JWT' },
    claims: {
      auth_time: issuedAt,
      jti: 'onrtac:3a2d2b0c-1c5a-4f6d-9d3c-8f2f3f4a5b6c',
      aud: ['my.api', 'account'],
      sub: '7d6a2f0e-4b51-4c0e-9f6b-0f8c1f4a4c4d',
      typ: 'Bearer',
      azp: 'web',
      nonce: 'of versions before 24',
      sid: '9f1c3b7e-6e2d-4a5b-8c7d-1e2f3a4b5c6d',
      acr: '1',
      'allowed-origins': ['https://web.example'],
      realm_access: { roles: ['offline_access', 'read:users'] },
      resource_access: {
        'my.api': { roles: ['write:users'] },
        account: { roles: ['manage-account'] },
      },
      scope: 'openid email',
    },
    subject: '7d6a2f0e-4b51-4c0e-9f6b-0f8c1f4a4c4d',
    scopes: ['email', 'offline_access', 'openid', 'read:users', 'write:users'],
    refused: {
      'an ID token': { typ: 'ID', aud: 'my.api' },
      'a refresh token': { typ: 'Refresh', aud: 'my.api' },
      'a logout token': { typ: 'Logout' },
      'another client': { aud: 'account' },
    },
  },
  okta: {
    issuer: 'https://example.okta.com/oauth2/default',
    audience: 'api://default',
    algorithm: 'RS256',
    header: { typ: undefined },
    claims: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      aud: 'api://default',
      cid: 'nmdP1fcyvdVO11AL7ECm',
      uid: '00ujmkLgagxeRrAg20g3',
      scp: ['openid', 'read:users'],
      sub: 'user@example.com',
      auth_time: issuedAt,
    },
    subject: 'user@example.com',
    scopes: ['openid', 'read:users'],
    refused: {
      'an ID token': { cid: undefined, scp: undefined, at_hash: '1mR6RGkF0dPQYmpqPLUWNQ' },
      'another API': { aud: 'api://other' },
    },
  },
  supabase: {
    issuer: 'https://project-ref.supabase.co/auth/v1',
    audience: 'authenticated',
    algorithm: 'ES256',
    header: { typ: 'JWT' },
    claims: {
      aud: 'authenticated',
      sub: '123e4567-e89b-12d3-a456-426614174000',
      role: 'authenticated',
      aal: 'aal1',
      session_id: '223e4567-e89b-12d3-a456-426614174000',
      email: 'user@example.com',
      phone: '',
      is_anonymous: false,
      app_metadata: { provider: 'email' },
      user_metadata: { scope: 'set by the user', permissions: ['manage:keys'] },
      amr: [{ method: 'password', timestamp: issuedAt }],
      permissions: ['read:users'],
    },
    subject: '123e4567-e89b-12d3-a456-426614174000',
    scopes: ['read:users'],
    refused: { 'no user': { aud: 'anon' }, 'an anonymous user': { is_anonymous: true } },
  },
}

describe.each(Object.keys(examples) as IssuerPresetName[])('preset %s', (name) => {
  const example = examples[name]

  /** The `iss` of the provider, with keys of this machine instead of those of the provider. */
  async function verify(changes: Record<string, unknown> = {}, algorithm = example.algorithm) {
    const server = await startIssuer({ key: await keyFor(algorithm) })
    try {
      const verifier = createJwtVerifier({
        issuers: [
          resolveIssuer({
            issuer: example.issuer,
            audience: example.audience,
            preset: name,
            jwksUri: server.jwksUri,
          }),
        ],
      })
      const claims = { iss: example.issuer, ...times, ...example.claims, ...changes }
      const token = await signJwt(claims, { header: example.header, key: server.key })
      return await verifier.verify(token, (issuedAt + 1) * 1000)
    } finally {
      await server.close()
    }
  }

  test('accepts the published token', async () => {
    expect(await verify()).toMatchObject({
      ok: true,
      jwt: {
        issuer: example.issuer,
        subject: example.subject,
        scopes: example.scopes,
        grant: example.grant
          ? { audience: example.audience, scopes: example.grant, issuedAt }
          : null,
      },
    })
  })

  test.each(Object.entries(example.refused))('refuses %s', async (_what, changes) => {
    expect(await verify(changes)).toMatchObject({ ok: false })
  })

  test.skipIf(name === 'keycloak')('refuses an algorithm that it never signs with', async () => {
    expect(await verify({}, 'ES512')).toMatchObject({ ok: false, reason: 'algorithm' })
  })
})

test('every preset has an example', () => {
  expect(Object.keys(examples)).toEqual(Object.keys(issuerPresets))
})

test("google's two forms of iss are one issuer", async () => {
  const { issuer, audience, claims, subject } = examples.google
  const server = await startIssuer({ key: await keyFor('RS256') })
  try {
    const settings = { issuer, audience, preset: 'google', jwksUri: server.jwksUri } as const
    const verifier = createJwtVerifier({ issuers: [resolveIssuer(settings)] })
    const token = await signJwt(
      { iss: 'accounts.google.com', ...times, ...claims },
      { header: { typ: 'JWT' }, key: server.key },
    )
    expect(await verifier.verify(token, (issuedAt + 1) * 1000)).toMatchObject({
      jwt: { issuer, subject },
    })
  } finally {
    await server.close()
  }
})

test('supabase has its keys at the documented URL', () => {
  const { issuer, audience } = examples.supabase
  expect(resolveIssuer({ issuer, audience, preset: 'supabase' }).jwksUri).toBe(
    'https://project-ref.supabase.co/auth/v1/.well-known/jwks.json',
  )
})

test('a cognito token for a resource is matched by the resource only', async () => {
  const { issuer } = examples.cognito
  const server = await startIssuer({ key: await keyFor('RS256') })
  try {
    const audience = 'https://api.example'
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer, audience, preset: 'cognito', jwksUri: server.jwksUri })],
    })
    const token = await signJwt(
      { iss: issuer, ...times, ...examples.cognito.claims, aud: audience },
      { header: { typ: undefined }, key: server.key },
    )
    expect(await verifier.verify(token, (issuedAt + 1) * 1000)).toMatchObject({ ok: true })
  } finally {
    await server.close()
  }
})

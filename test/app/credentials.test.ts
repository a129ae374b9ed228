import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createSigningKey } from '../support/issuer.ts'

let app: TestApp
let key: string
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  key = (await app.key('alice', ['read:users'])).secret
  jwt = await app.jwt('alice', ['read:users'])
})
afterAll(() => app.close())

const whoAmI = '{ viewer { subject scopes } }'
const alice = { subject: 'alice', scopes: ['read:users'] }
const now = () => Math.floor(Date.now() / 1000)

describe('a valid credential', () => {
  it.each([
    ['a key as bearer', () => ({ authorization: `Bearer ${key}` })],
    ['a key in X-API-Key', () => ({ 'x-api-key': key })],
    ['a JWT as bearer', () => ({ authorization: `Bearer ${jwt}` })],
    ['a lower-case scheme', () => ({ authorization: `bearer ${jwt}` })],
  ])('is %s', async (_name, headers) => {
    const { status, body } = await app.ask(whoAmI, { headers: headers() })
    expect(status).toBe(200)
    expect(body).toEqual({ data: { viewer: alice } })
  })

  it('is not needed for public fields', async () => {
    const { status, body } = await app.ask(whoAmI)
    expect(status).toBe(200)
    expect(body).toEqual({ data: { viewer: null } })
  })

  it('is not read from the identity headers of a client', async () => {
    const headers = { 'x-user-id': 'alice', 'x-auth-scopes': 'read:users', 'x-identity': jwt }
    expect((await app.ask(whoAmI, { headers })).body).toEqual({ data: { viewer: null } })
  })
})

describe('an invalid credential', () => {
  const flip = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1)

  it.each<[string, () => string | Promise<string>]>([
    ['an opaque token', () => 'opaque'],
    ['a key with a wrong checksum', () => flip(key, key.length - 1)],
    ['a key with a changed secret', () => flip(key, 30)],
    ['a truncated key', () => key.slice(0, -1)],
    ['a key of another prefix', () => generateKey('sk').key],
    ['an unknown key', () => generateKey('lk').key],
    ['a JWT of an unknown issuer', () => app.jwt('alice', [], { iss: 'https://else.example' })],
    ['a JWT for another audience', () => app.jwt('alice', [], { aud: 'https://else.example' })],
    ['an expired JWT', () => app.jwt('alice', [], { iat: now() - 600, exp: now() - 300 })],
    ['a JWT without a subject', () => app.jwt('alice', [], { sub: undefined })],
    ['a JWT without an expiry', () => app.jwt('alice', [], { exp: undefined })],
    ['an unsigned JWT', () => `eyJhbGciOiJub25lIn0.${jwt.split('.')[1]}.`],
    [
      'a JWT signed by someone else',
      async () => app.issuer.sign({ sub: 'alice' }, { key: await createSigningKey('ES256') }),
    ],
    [
      'a JWT with a changed payload',
      () => {
        const [header, payload = '', signature] = jwt.split('.')
        return [header, flip(payload, 8), signature].join('.')
      },
    ],
    ['garbage with two dots', () => 'a.b.c'],
  ])('is %s', async (_name, credential) => {
    const { status, headers, body } = await app.ask(whoAmI, { as: await credential() })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(
      /^Bearer realm="latchkey", error="invalid_token"/,
    )
    expect(body).toEqual({
      errors: [
        { message: 'The credential is not valid.', extensions: { code: 'INVALID_CREDENTIAL' } },
      ],
    })
  })

  it('is refused before the operation is read', async () => {
    const { status, body } = await app.post('{"query":"{ nonsense"}', {
      authorization: 'Bearer opaque',
    })
    expect(status).toBe(401)
    expect(body.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
  })

  it('is refused even where none is needed, and in a GET', async () => {
    const response = await app.fetch(
      new Request('http://latchkey.test/graphql?query={viewer{subject}}', {
        headers: { 'x-api-key': 'opaque' },
      }),
    )
    expect(response.status).toBe(401)
  })

  it('is reported as revoked or expired only to a caller with its secret', async () => {
    const revoked = await app.key('alice', ['read:users'])
    await app.ask('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', {
      as: await app.jwt('alice', ['write:keys']),
      variables: { id: revoked.id },
    })
    const answer = await app.ask(whoAmI, { as: revoked.secret })
    expect(answer.status).toBe(401)
    expect(answer.body.errors[0].message).toBe('The API key was revoked.')

    const guessed = generateKey('lk')
    const other = await app.ask(whoAmI, { as: guessed.key })
    expect(other.body.errors[0].message).toBe('The credential is not valid.')
  })

  it('is a key from the second in which it expires', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000)
    const { secret } = await app.key('alice', ['read:users'], {
      expiresAt: expiresAt.toISOString(),
    })
    expect((await app.ask(whoAmI, { as: secret })).status).toBe(200)
    app.advance(3_600_001)
    const answer = await app.ask(whoAmI, { as: secret })
    app.advance(-3_600_001)
    expect(answer.status).toBe(401)
    expect(answer.body.errors[0].message).toBe('The API key has expired.')
  })
})

describe('a header without a credential', () => {
  const places = [
    ['authorization', ''],
    ['authorization', 'Bearer'],
    ['authorization', 'Bearer null'],
    ['authorization', 'bearer undefined'],
    ['authorization', 'Basic YTpi'],
    ['authorization', 'Digest username="a", nonce="b,c"'],
    ['x-api-key', ''],
    ['x-api-key', 'null'],
    ['x-jwt', 'undefined'],
    ['x-jwt', 'Bearer '],
  ] as const

  it.each(places)('is %s: %s, which is anonymous', async (name, value) => {
    for (let i = 0; i < 3; i++) {
      const { status, body } = await other.ask(whoAmI, { headers: { [name]: value } })
      expect(status).toBe(200)
      expect(body).toEqual({ data: { viewer: null } })
    }
  })

  it('does not conflict with a credential in another header', async () => {
    const secret = (await other.key('bob', ['read:users'])).secret
    const viewer = { subject: 'bob', scopes: ['read:users'] }
    for (const [name, value] of places) {
      const good: Record<string, string> =
        name === 'x-api-key' ? { authorization: `Bearer ${secret}` } : { 'x-api-key': secret }
      const { body } = await other.ask(whoAmI, { headers: { [name]: value, ...good } })
      expect(body).toEqual({ data: { viewer } })
    }
  })

  it('is answered 401 where a credential is needed', async () => {
    for (const [name, value] of places) {
      const { status, headers, body } = await other.ask('{ users { totalCount } }', {
        headers: { [name]: value },
      })
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
      expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED')
    }
  })

  it('is neither a failed attempt nor a refusal for the audit trail', async () => {
    const logged = other.logged.join('')
    expect(logged).not.toContain('"refused"')
    expect(logged).toContain('"status":401')
    await other.flush()
    const [row] = await other.sql`
      select count(*)::int as refusals from latchkey.audit_events where type = 'credential.refused'`
    expect(row).toEqual({ refusals: 0 })
  })

  let other: TestApp
  beforeAll(async () => {
    other = await createTestApp({ JWT_HEADER: 'x-jwt', AUTH_FAILURES_PER_MINUTE: '1' })
  })
  afterAll(() => other.close())
})

describe('a credential in another scheme', () => {
  it.each([
    ['Token and a key', () => `Token ${key}`],
    ['DPoP and a JWT', () => `DPoP ${jwt}`],
    ['no scheme and a key', () => key],
    ['no scheme and a JWT', () => jwt],
  ])('is refused: %s', async (_name, authorization) => {
    const { status, headers, body } = await app.ask(whoAmI, {
      headers: { authorization: authorization() },
    })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/error="invalid_token"/)
    expect(body.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
  })
})

describe('more than one credential', () => {
  it.each([
    ['in two headers', () => ({ authorization: `Bearer ${jwt}`, 'x-api-key': key })],
    ['the same in two headers', () => ({ authorization: `Bearer ${key}`, 'x-api-key': key })],
    ['in one header', () => ({ authorization: `Bearer ${jwt}, Bearer ${jwt}` })],
    ['with a comma', () => ({ 'x-api-key': `${key},` })],
    ['in one header that is repeated, once empty', () => ({ authorization: `, Bearer ${jwt}` })],
    ['beside another scheme in one header', () => ({ authorization: `Basic YTpi, Bearer ${jwt}` })],
    ['by another scheme', () => ({ authorization: `Token ${key}`, 'x-api-key': key })],
  ])('%s is a bad request', async (_name, headers) => {
    const { status, headers: answered, body } = await app.ask(whoAmI, { headers: headers() })
    expect(status).toBe(400)
    expect(answered.get('www-authenticate')).toMatch(/error="invalid_request"/)
    expect(body.errors[0].extensions.code).toBe('INVALID_REQUEST')
  })
})

describe('the owner of a credential', () => {
  it('is refused with either kind while suspended, and accepted again afterwards', async () => {
    const user = await app.user('sam')
    const { secret } = await app.key('sam', ['read:users'])
    const token = await app.jwt('sam', ['read:users'])
    const admin = await app.jwt('alice', ['write:users'])
    const set = (mutation: string) =>
      app.ask(`mutation ($id: ID!) { ${mutation}(input: { id: $id }) { user { status } } }`, {
        as: admin,
        variables: { id: user.id },
      })

    expect((await set('suspendUser')).body.data.suspendUser.user.status).toBe('SUSPENDED')
    for (const as of [secret, token]) {
      const { status, body } = await app.ask(whoAmI, { as })
      expect(status).toBe(401)
      expect(body.errors[0].message).toBe('The credential is not valid.')
    }
    await set('reactivateUser')
    for (const as of [secret, token]) expect((await app.ask(whoAmI, { as })).status).toBe(200)
  })

  it('is refused after deletion until someone creates the user again', async () => {
    const user = await app.user('dan')
    const { secret } = await app.key('dan', ['read:users'])
    const token = await app.jwt('dan', ['read:users'])
    const admin = await app.jwt('alice', ['read:users', 'write:users'])
    const deletion =
      'mutation ($id: ID!) { deleteUser(input: { id: $id, force: true }) { deletedUserId } }'
    await app.ask(deletion, { as: admin, variables: { id: user.id } })
    for (const as of [secret, token]) expect((await app.ask(whoAmI, { as })).status).toBe(401)
    const { body } = await app.ask(
      'mutation { createUser(input: { subject: "dan" }) { user { subject scopes } } }',
      { as: admin },
    )
    expect(body.data.createUser.user).toEqual({ subject: 'dan', scopes: [] })
    expect((await app.ask(whoAmI, { as: token })).body.data.viewer.scopes).toEqual([])
    expect((await app.ask(whoAmI, { as: secret })).status).toBe(401)
  })

  it('is created by its first JWT, once for any number of concurrent requests', async () => {
    const token = await app.jwt('new', ['read:users'])
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.ask('{ me { id subject scopes } }', { as: token })),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.body.data.me).toMatchObject({ subject: 'new', scopes: null })
  })

  it('has every credential narrowed at once when a scope is removed from the grant', async () => {
    const user = await app.user('nell', ['read:users', 'write:keys', 'read:keys'])
    const { secret } = await app.key('nell', ['read:users', 'read:keys'])
    const token = await app.jwt('nell', ['read:users', 'read:keys'])
    await app.stores.users.setScopes(user.id, ['read:keys'], {
      issuer: null,
      subject: null,
      credentialKind: null,
      credentialId: null,
      requestId: null,
    })
    await app.waitForChanges()
    for (const as of [secret, token]) {
      expect((await app.ask(whoAmI, { as })).body.data.viewer.scopes).toEqual(['read:keys'])
      const { status, body } = await app.ask('{ users { nodes { id } } }', { as })
      expect(status).toBe(403)
      expect(body.errors[0].extensions).toMatchObject({
        code: 'FORBIDDEN',
        requiredScopes: [['read:users']],
        missingScopes: ['read:users'],
        notGranted: ['read:users'],
      })
    }
  })

  it('has no administrative scope without a grant', async () => {
    await app.user('root', null)
    const token = await app.jwt('root', ['read:users', 'write:grants', 'manage:keys'])
    expect((await app.ask(whoAmI, { as: token })).body.data.viewer.scopes).toEqual(['read:users'])
  })
})

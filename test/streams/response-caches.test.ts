import { useResponseCache as useEnvelopCache } from '@envelop/response-cache'
import { createInMemoryCache, useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operator, type Principal, principalKey, usePrincipal } from '../../src/index.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'

/* Response caches before and after usePrincipal: each caller gets its own answers. */

let instance: TestInstance
let executions = 0
beforeAll(async () => {
  instance = await createTestInstance()
})
afterAll(async () => {
  await instance.close()
})

const schema = createSchema<{ principal: Principal | null }>({
  typeDefs: /* GraphQL */ `
    directive @public on FIELD_DEFINITION
    directive @authenticated on FIELD_DEFINITION
    directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
    type Query {
      hello: String @public
      me: String @authenticated
      orders: String @requiresScopes(scopes: [["read:orders"]])
    }
  `,
  resolvers: {
    Query: {
      hello: (_root, _args, { principal }) => {
        executions += 1
        return `Hello ${principal?.subject}`
      },
      me: (_root, _args, { principal }) => {
        executions += 1
        return principal?.subject
      },
      orders: (_root, _args, { principal }) => {
        executions += 1
        return `orders of ${principal?.subject}`
      },
    },
  },
})

type Session = (request: Request) => string | null
type MakeCache = (session: Session) => Plugin

const caches: Readonly<Record<string, MakeCache>> = {
  '@graphql-yoga/plugin-response-cache': (session) =>
    useResponseCache({ session, cache: createInMemoryCache(), includeExtensionMetadata: false }),
  '@envelop/response-cache': (session) =>
    useEnvelopCache({
      session: ({ request }: { request: Request }) => session(request),
      includeExtensionMetadata: false,
    } as never) as Plugin,
}

const arrangements = Object.entries(caches).flatMap(([name, cache]) =>
  (['before', 'after'] as const).map((place) => ({ name, cache, place })),
)

describe.each(arrangements)('$name $place usePrincipal', ({ name, cache, place }) => {
  const logged: unknown[] = []
  function serverWith(session: Session) {
    const { authenticator } = instance
    const plugins = [cache(session), usePrincipal({ authenticator })]
    const log = { debug() {}, info() {}, warn() {}, error: (text: unknown) => logged.push(text) }
    return createYoga({
      schema,
      logging: log,
      plugins: place === 'before' ? plugins : plugins.reverse(),
    })
  }
  let yoga: ReturnType<typeof serverWith>
  beforeAll(() => {
    yoga = serverWith(principalKey)
  })

  async function ask(query: string, headers: Record<string, string> = {}, to = yoga) {
    const before = executions
    const response = await to.fetch('http://yoga.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      cached: executions === before,
      body: text === '' ? null : JSON.parse(text),
    }
  }

  let people = 0
  async function person(scopes = ['read:orders']) {
    people += 1
    const subject = `${place}-${Object.keys(caches).indexOf(name)}-${people}`
    const { userId } = await instance.signIn(subject, [...scopes, 'write:keys'])
    const { key, secret } = await instance.keys.create({
      as: operator,
      ownerId: userId,
      name: 'x',
      scopes,
    })
    const jwt = await instance.issuer.sign({ sub: subject, scope: scopes.join(' ') })
    return { subject, userId, id: key.id, secret, jwt }
  }

  it('answers each of two users and the anonymous from their own entries', async () => {
    const [ann, bob] = [await person(), await person()]
    for (const cached of [false, true]) {
      for (const { subject, jwt } of [ann, bob]) {
        const answer = await ask('{ me orders }', { authorization: `Bearer ${jwt}` })
        expect(answer.body).toEqual({ data: { me: subject, orders: `orders of ${subject}` } })
        expect(answer.cached).toBe(cached)
      }
      const denied = await ask('{ me orders }')
      expect([denied.status, denied.body.data ?? null]).toEqual([401, null])
      const anonymous = await ask('{ hello }')
      expect(anonymous.body).toEqual({ data: { hello: 'Hello undefined' } })
      const own = await ask('{ hello }', { 'x-api-key': ann.secret })
      expect(own.body).toEqual({ data: { hello: `Hello ${ann.subject}` } })
    }
  })

  it('has one entry for both credentials of a user with the same scopes', async () => {
    const { subject, secret, jwt } = await person()
    const expected = { data: { orders: `orders of ${subject}` } }
    const ways = [
      { authorization: `Bearer ${jwt}` },
      { authorization: `Bearer ${secret}` },
      { 'x-api-key': secret },
    ]
    for (const [n, headers] of ways.entries()) {
      expect(await ask('{ orders }', headers)).toMatchObject({ body: expected, cached: n > 0 })
    }
  })

  it('does not answer from the entry of wider scopes, or to a revoked key', async () => {
    const { userId, id, secret } = await person(['read:orders', 'read:keys'])
    const headers = { 'x-api-key': secret }
    expect((await ask('{ orders }', headers)).status).toBe(200)
    expect((await ask('{ orders }', headers)).cached).toBe(true)
    await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys'] })
    expect((await ask('{ orders }', headers)).status).toBe(403)
    await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys', 'read:orders'] })
    expect((await ask('{ orders }', headers)).status).toBe(200)
    await instance.keys.revoke({ as: operator, id })
    expect((await ask('{ orders }', headers)).status).toBe(401)
  })

  it('refuses what a cache answers without `principalKey`, and logs what to do', async () => {
    const { jwt } = await person()
    const authorization = `Bearer ${jwt}`
    for (const session of [() => null, () => 'all']) {
      const careless = serverWith(session)
      expect((await ask('{ orders }', { authorization }, careless)).status).toBe(200)
      logged.length = 0
      const again = await ask('{ orders }', { authorization }, careless)
      expect(again.status).toBe(500)
      expect(again.body.data ?? null).toBeNull()
      expect(again.body.errors[0].extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
      expect(String(logged[0])).toContain('set its option `session` to `principalKey`')
      const anonymous = await ask('{ orders }', {}, careless)
      expect(anonymous.body.data ?? null).toBeNull()
      expect([401, 500]).toContain(anonymous.status)
    }
  })

  it('refuses what a cache answers after `principalKey` was called for another request', async () => {
    const [ann, bob] = [await person(), await person()]
    let first: Request | null = null
    const confused = serverWith((request) => {
      first ??= request
      return principalKey(first)
    })
    const as = ({ secret }: typeof ann) => ask('{ orders }', { 'x-api-key': secret }, confused)
    expect((await as(ann)).status).toBe(200)
    const { status, body } = await as(bob)
    expect([status, body.data ?? null]).toEqual([500, null])
  })

  it('answers nothing if `principalKey` gets no request', async () => {
    const { secret } = await person()
    const broken = serverWith(() => principalKey(undefined as never))
    for (let n = 0; n < 2; n += 1) {
      const { status, body } = await ask('{ orders }', { 'x-api-key': secret }, broken)
      expect([status, body.data ?? null]).toEqual([500, null])
      expect(JSON.stringify(body)).not.toContain('principalKey')
    }
  })

  it.runIf(name.includes('yoga'))('decides on `If-None-Match` after admission', async () => {
    const { subject, userId, id, secret } = await person(['read:orders', 'read:keys'])
    const other = await person()
    const headers = { 'x-api-key': secret }
    const { etag } = await ask('{ orders }', headers)
    expect(etag).not.toBeNull()
    const conditional = { 'if-none-match': etag ?? '' }
    expect((await ask('{ orders }', { ...headers, ...conditional })).status).toBe(304)
    expect((await ask('{ orders }', conditional)).status).toBe(401)
    expect((await ask('{ orders }', { ...conditional, authorization: 'Bearer x' })).status).toBe(
      401,
    )
    expect(await ask('{ orders }', { ...conditional, 'x-api-key': other.secret })).toMatchObject({
      status: 200,
      body: { data: { orders: `orders of ${other.subject}` } },
    })
    await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys'] })
    expect((await ask('{ orders }', { ...headers, ...conditional })).status).toBe(403)
    await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys', 'read:orders'] })
    expect((await ask('{ orders }', { ...headers, ...conditional })).status).toBe(304)
    await instance.keys.revoke({ as: operator, id })
    expect((await ask('{ orders }', { ...headers, ...conditional })).status).toBe(401)
    expect(subject).toBeDefined()
  })
})

it('principalKey needs a request that was admitted', () => {
  expect(() => principalKey(new Request('http://yoga.test'))).toThrow('has admitted')
  expect(() => principalKey({})).toThrow('has admitted')
  expect(() => principalKey(null as never)).toThrow()
})

describe.each(Object.entries(caches))('%s in the server of `createApp`', (name, cache) => {
  let app: TestApp
  let careless: TestApp
  beforeAll(async () => {
    app = await createTestApp({}, { plugins: [cache(principalKey)] })
    careless = await createTestApp({}, { plugins: [cache(() => 'all')] })
  })
  afterAll(async () => {
    await app.close()
    await careless.close()
  })
  const query = '{ viewer { subject } }'

  it('answers each user from its own entries, and a credential that is not valid from none', async () => {
    const [ann, bob] = [await app.key('ann', ['read:users']), await app.key('bob', ['read:users'])]
    for (let n = 0; n < 2; n += 1) {
      for (const [subject, { secret }] of [['ann', ann] as const, ['bob', bob] as const]) {
        expect((await app.ask(query, { as: secret })).body).toEqual({
          data: { viewer: { subject } },
        })
      }
      expect((await app.ask(query)).body.data ?? null).not.toMatchObject({
        viewer: { subject: 'ann' },
      })
    }
    expect((await app.ask(query, { as: 'lk_wrong' })).status).toBe(401)
  })

  it('refuses what the cache answers without `principalKey`, and logs what to do', async () => {
    const { secret } = await careless.key('ann', ['read:users'])
    const { secret: other } = await careless.key('bob', ['read:users'])
    expect((await careless.ask(query, { as: secret })).status).toBe(200)
    const { status, body } = await careless.ask(query, { as: other })
    expect([status, body.data ?? null]).toEqual([500, null])
    const { code, requestId } = body.errors[0].extensions
    expect(code).toBe('INTERNAL_SERVER_ERROR')
    const line = careless.logged.find((text) => text.includes('`principalKey`'))
    expect(line).toContain(requestId)
  })

  it.runIf(name.includes('yoga'))('decides on `If-None-Match` after admission', async () => {
    const ann = await app.key('ann', ['read:users'])
    const bob = await app.key('bob', ['read:users'])
    const { headers } = await app.ask(query, { as: ann.secret })
    const conditional = { 'if-none-match': headers.get('etag') ?? 'none' }
    const statusFor = async (as: string) =>
      (await app.ask(query, { as, headers: conditional })).status
    expect(await statusFor(ann.secret)).toBe(304)
    expect(await statusFor(bob.secret)).toBe(200)
    expect(await statusFor('lk_wrong')).toBe(401)
  })
})

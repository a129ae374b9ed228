import { createSchema, createYoga } from 'graphql-yoga'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionIdentity } from '../../src/credentials/session-settings.ts'
import { operator, type Principal, usePrincipal } from '../../src/index.ts'
import { retryUnavailable } from '../support/app.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'

/*
 * An application on Yoga whose users sign in with a cookie: the session is a credential like an API key or a
 * JWT, but only for requests that come from pages of the application.
 */

const issuer = 'https://shop.example'
let instance: TestInstance
let sql: postgres.Sql
/** The answer of `identify` by the text of the cookie or token. */
let people: Map<string, () => unknown>
let asked: string[]
let problems: Error[]
let yoga: { fetch(url: string, init: RequestInit): Response | Promise<Response> }

const ada = { subject: 'ada', name: 'Ada', email: 'ada@shop.example' }

const schema = createSchema<{ principal: Principal | null }>({
  typeDefs: /* GraphQL */ `
    directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
    directive @public on FIELD_DEFINITION
    type Query {
      who: String @public
      orders: String @requiresScopes(scopes: [["read:orders"]])
    }
    type Mutation {
      makeKey(scopes: [String!]!): String @requiresScopes(scopes: [["write:keys"]])
    }
    type Subscription { ticks: Int @requiresScopes(scopes: [["read:orders"]]) }
  `,
  resolvers: {
    Query: {
      who: (_root, _args, { principal }) =>
        principal && `${principal.credential.kind} ${principal.subject} ${[...principal.scopes]}`,
      orders: () => 'orders',
    },
    Mutation: {
      makeKey: async (_root, { scopes }, { principal }) =>
        (await instance.keys.create({ as: principal as Principal, name: 'made', scopes })).secret,
    },
    Subscription: {
      ticks: {
        async *subscribe() {
          for (let n = 0; ; n++) {
            yield { ticks: n }
            await new Promise((resolve) => setTimeout(resolve, 50))
          }
        },
      },
    },
  },
})

beforeAll(async () => {
  instance = await createTestInstance({
    session: {
      issuer,
      origins: ['https://app.example'],
      timeoutMs: 300,
      knownScopes: new Set(['read:orders', 'write:keys', 'read:keys']),
      onError: (error) => problems.push(error),
      async identify(carrier) {
        const token = carrier.header('cookie') ?? carrier.header('authorization') ?? ''
        asked.push(token)
        return ((await people.get(token)?.()) ?? null) as SessionIdentity | null
      },
    },
  })
  sql = postgres(instance.url)
  const { authenticator } = instance
  yoga = createYoga({ schema, logging: false, plugins: [usePrincipal({ authenticator })] })
})
afterAll(async () => {
  await sql.end()
  await instance.close()
})
beforeEach(() => {
  people = new Map([['session=ada', () => ada]])
  asked = []
  problems = []
})

const fromPage = { host: 'shop.example', 'sec-fetch-site': 'same-origin' }

function send(query: string, headers: Record<string, string>) {
  return retryUnavailable(async () => {
    const response = await yoga.fetch('https://shop.example/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  })
}

/** Like `send`, once, so that a 503 is seen. */
async function statusOf(headers: Record<string, string>) {
  const response = await yoga.fetch('https://shop.example/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ who }' }),
  })
  return { status: response.status, text: await response.text() }
}

async function grant(scopes: readonly string[] | null, subject = 'ada') {
  const user = await instance.users.get({ as: operator, subject, issuer })
  await instance.users.setScopes({ as: operator, userId: user?.id ?? '', scopes })
}

describe('a signed-in person', () => {
  it('is a user without scopes until one is granted, and makes keys that are theirs', async () => {
    const cookie = { ...fromPage, cookie: 'session=ada' }
    expect((await send('{ who }', cookie)).body).toEqual({ data: { who: 'SESSION ada ' } })
    expect((await send('{ orders }', cookie)).status).toBe(403)
    const user = await instance.users.get({ as: operator, subject: 'ada', issuer })
    expect(user).toMatchObject({ ...ada, scopes: null })

    await grant(['read:orders', 'write:keys'])
    expect((await send('{ orders }', cookie)).body).toEqual({ data: { orders: 'orders' } })
    const { body } = await send('mutation { makeKey(scopes: ["read:orders"]) }', cookie)
    const key = { authorization: `Bearer ${body.data.makeKey}` }
    expect((await send('{ who orders }', key)).body.data).toEqual({
      who: 'API_KEY ada read:orders',
      orders: 'orders',
    })
    const [event] = await sql`
      select actor_issuer, actor_subject, actor_credential_kind, actor_credential_id, details->>'parentId' as parent
      from latchkey.audit_events where type = 'api_key.created'`
    expect(event).toEqual({
      actor_issuer: issuer,
      actor_subject: 'ada',
      actor_credential_kind: 'SESSION',
      actor_credential_id: null,
      parent: null,
    })
    const [created] = await sql`
      select actor_credential_kind, details->>'firstSeen' as seen from latchkey.audit_events
      where type = 'user.created' and actor_subject = 'ada'`
    expect(created).toEqual({ actor_credential_kind: 'SESSION', seen: 'SESSION' })
  })

  it('has of the scopes of the session those that the grant allows', async () => {
    people.set('session=bo', () => ({ subject: 'bo', scopes: ['write:keys', 'read:orders'] }))
    const cookie = { ...fromPage, cookie: 'session=bo' }
    expect((await send('{ who }', cookie)).body.data.who).toBe('SESSION bo read:orders,write:keys')
    await grant(['read:orders', 'read:keys'], 'bo')
    expect((await send('{ who }', cookie)).body.data.who).toBe('SESSION bo read:orders')
    people.set('session=bo', () => ({ subject: 'bo', scopes: [] }))
    expect((await send('{ who }', cookie)).body.data.who).toBe('SESSION bo ')
  })

  it('is asked for each request, and refused once suspended or deleted', async () => {
    people.set('session=cy', () => ({ subject: 'cy' }))
    const cookie = { ...fromPage, cookie: 'session=cy' }
    await send('{ who }', cookie)
    await send('{ who }', cookie)
    expect(asked.length).toBeGreaterThanOrEqual(2)
    const id = (await instance.users.get({ as: operator, subject: 'cy', issuer }))?.id ?? ''
    await instance.users.suspend({ as: operator, id })
    expect((await send('{ who }', cookie)).status).toBe(401)
    await instance.users.reactivate({ as: operator, id })
    expect((await send('{ who }', cookie)).status).toBe(200)
    await instance.users.delete({ as: operator, id })
    expect((await send('{ who }', cookie)).status).toBe(401)
    people.delete('session=cy')
    expect((await send('{ who }', cookie)).body).toEqual({ data: { who: null } })
  })

  it('is asked once for a request, however long that takes', async () => {
    people.set('session=sam', async () => {
      await new Promise((resolve) => setTimeout(resolve, 150))
      return { subject: 'sam', scopes: ['read:orders'] }
    })
    const cookie = { ...fromPage, cookie: 'session=sam' }
    await send('{ orders }', cookie)
    const answered = await retryUnavailable(() => {
      asked = []
      return statusOf(cookie)
    })
    expect(answered.status).toBe(200)
    expect(asked).toEqual(['session=sam'])
  })
})

describe('a request from another page', () => {
  it.each([
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [
      'a page of the same site',
      { 'sec-fetch-site': 'same-site', origin: 'https://x.shop.example' },
    ],
    ['another origin', { origin: 'https://evil.example' }],
    ['a program', {}],
  ])('is anonymous: %s', async (_name, headers) => {
    const { body } = await send('{ who }', {
      host: 'shop.example',
      cookie: 'session=ada',
      ...headers,
    })
    expect(body).toEqual({ data: { who: null } })
    expect(asked).toEqual([])
  })

  it('is anonymous as a GET', async () => {
    const response = await yoga.fetch('https://shop.example/graphql?query=%7Bwho%7D', {
      headers: { ...fromPage, cookie: 'session=ada', 'content-type': 'application/json' },
    })
    expect(await response.json()).toEqual({ data: { who: null } })
    expect(asked).toEqual([])
  })

  it('counts if its origin is allowed', async () => {
    const allowed = { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }
    const { body } = await send('{ who }', { cookie: 'session=ada', ...allowed })
    expect(body.data.who).toMatch(/^SESSION ada/)
  })
})

describe('another credential', () => {
  it('is used instead of the session', async () => {
    const token = await instance.issuer.sign({ sub: 'jim', scope: 'read:orders' })
    const both = { ...fromPage, cookie: 'session=ada', authorization: `Bearer ${token}` }
    expect((await send('{ who }', both)).body.data.who).toBe('JWT jim read:orders')
    const expired = await instance.issuer.sign({ sub: 'jim', exp: 1 })
    for (const authorization of [`Bearer ${expired}`, 'Bearer lk_0_wrong', `Bearer a, Bearer b`]) {
      expect((await statusOf({ ...both, authorization })).status).not.toBe(200)
    }
    expect(
      (await statusOf({ ...fromPage, cookie: 'session=ada', 'x-api-key': 'junk' })).status,
    ).toBe(401)
    expect(asked).toEqual([])
  })

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  it.each([
    'opaque',
    'a.b.c',
    `${part({ alg: 'ES256' })}.${part({ iss: 'urn:shop' })}.c2ln`,
    `${part({ alg: 'HS256' })}.${part({ sub: 'ada' })}.c2ln`,
    `${part({ alg: 'none' })}.${part({ iss: 5 })}.c2ln`,
    `${part({})}..`,
    `a.${'b'.repeat(70_000)}.c`,
  ])(
    'that is not recognised goes to `identify` first, and is refused if that knows it not: %s',
    async (token) => {
      const authorization = `Bearer ${token}`
      expect((await send('{ who }', { ...fromPage, authorization })).status).toBe(401)
      expect(asked).toContain(authorization)
      people.set(authorization, () => ({ subject: 'ada' }))
      expect((await send('{ who }', { ...fromPage, authorization })).body.data.who).toMatch(
        /^SESSION ada/,
      )
      expect((await send('{ who }', { authorization })).status).toBe(401)
    },
  )
})

describe('an answer of `identify` that is not valid', () => {
  const deep = { subject: 'ada', scopes: ['manage:keys'] }
  it.each<[string, () => unknown]>([
    ['an exception', () => Promise.reject(new Error('database password'))],
    [
      'a synchronous exception',
      () => {
        throw new Error('database password')
      },
    ],
    ['a text', () => 'ada'],
    ['true', () => true],
    ['an array', () => [ada]],
    ['no subject', () => ({})],
    ['a number', () => ({ subject: 5 })],
    ['an empty subject', () => ({ subject: '' })],
    ['10 KB', () => ({ subject: 'x'.repeat(10_240) })],
    ['a lone surrogate', () => ({ subject: 'a\ud800' })],
    ['a control character', () => ({ subject: 'a\0' })],
    ['scopes as text', () => ({ subject: 'ada', scopes: 'read:orders' })],
    ['a scope that is a number', () => ({ subject: 'ada', scopes: [1] })],
    ['a scope that does not exist', () => deep],
    ['a name that is not a text', () => ({ subject: 'ada', name: {} })],
    ['silence', () => new Promise(() => {})],
  ])('refuses the request: %s', async (_name, identify) => {
    people.set('session=bad', identify)
    const { status, text } = await statusOf({ ...fromPage, cookie: 'session=bad' })
    expect(status).toBe(503)
    expect(text).not.toMatch(/password|subject|identify/)
    expect(problems).toEqual([
      expect.objectContaining({
        message: '`identify` of the session failed.',
        cause: expect.any(Error),
      }),
    ])
  })

  it('is not `__proto__` or a name that cannot be shown', async () => {
    people.set('session=proto', () => ({ subject: '__proto__', name: 'a\u202eb', email: 'x' }))
    const { body } = await send('{ who }', { ...fromPage, cookie: 'session=proto' })
    expect(body.data.who).toBe('SESSION __proto__ ')
    const user = await instance.users.get({ as: operator, subject: '__proto__', issuer })
    expect(user).toMatchObject({ name: null, email: null })
  })
})

describe('a stream', () => {
  async function subscribe(cookie: string) {
    const response = await yoga.fetch('https://shop.example/graphql', {
      method: 'POST',
      headers: {
        ...fromPage,
        cookie,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: 'subscription { ticks }' }),
    })
    return response.text()
  }

  it.each<[string, () => unknown]>([
    ['ends', () => null],
    ['becomes that of another person', () => ({ subject: 'other', scopes: ['read:orders'] })],
    ['cannot be read', () => Promise.reject(new Error('down'))],
  ])('ends when the session %s', async (_name, later) => {
    people.set('session=eve', () => ({ subject: 'eve', scopes: ['read:orders'] }))
    await send('{ who }', { ...fromPage, cookie: 'session=eve' })
    setTimeout(() => people.set('session=eve', later), 500)
    const text = await subscribe('session=eve')
    expect(text).toContain('"ticks":1')
    expect(text).toMatch(/INVALID_CREDENTIAL|SERVICE_UNAVAILABLE/)
  })
})

import { createSchema, createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import { type ConnectedDirectory, connectDirectory } from '../../src/postgres.ts'
import type { Principal } from '../../src/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

/*
 * Subscriptions over SSE in an application of its own: who subscribed is asked about again for as long
 * as the stream lasts.
 */

let app: TestApp
let directory: ConnectedDirectory
let authenticator: ClosableAuthenticator
let yoga: ReturnType<typeof createYoga>

/** What the subscription sends, by hand; `null`: nothing is sent any more. */
let send: (text: string) => void = () => {}
let left: Promise<void> = Promise.resolve()

async function* texts() {
  let leave = () => {}
  left = new Promise((resolve) => {
    leave = resolve
  })
  try {
    for (;;) {
      yield await new Promise<object>((resolve) => {
        send = (text) => resolve({ said: text, secret: text })
      })
    }
  } finally {
    leave()
  }
}

const schema = createSchema<{ principal: Principal | null }>({
  typeDefs: /* GraphQL */ `
    directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
    type Query { hello: String }
    type Subscription {
      said: String
      secret: String @requiresScopes(scopes: [["read:users"]])
    }
  `,
  resolvers: {
    Subscription: {
      said: { subscribe: texts, resolve: ({ said }) => said },
      secret: {
        subscribe: texts,
        resolve: ({ secret }, _args, { principal }) =>
          `${secret} for ${[...(principal?.scopes ?? [])].sort().join(' ')}`,
      },
    },
  },
})

beforeAll(async () => {
  app = await createTestApp()
  directory = connectDirectory({ url: app.databaseUrl })
  authenticator = createAuthenticator({
    issuers: [{ issuer: app.issuer.issuer, audience: 'https://api.example' }],
    directory,
  })
  yoga = createYoga({ schema, logging: false, plugins: [usePrincipal({ authenticator })] })
})
afterAll(async () => {
  await authenticator.close()
  await directory.close()
  await app.close()
})

/** Subscribes, and reads what is sent one by one. */
async function subscribe(field: string, as: string | null) {
  const response = await yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(as !== null && { authorization: `Bearer ${as}` }),
    },
    body: JSON.stringify({ query: `subscription { ${field} }` }),
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  /** The next result; `null` once the stream is complete. */
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into it
  async function next(): Promise<any> {
    for (;;) {
      const event = /^event: (\w+)\ndata:(.*)\n\n/m.exec(text)
      if (event !== null) {
        text = text.slice(event.index + event[0].length)
        return event[1] === 'complete' ? null : JSON.parse(event[2] ?? '')
      }
      const { value, done } = await reader.read()
      if (done) throw new Error(`It ended in the middle: ${text}`)
      text += new TextDecoder().decode(value)
    }
  }
  return { next, leave: () => reader.cancel() }
}

const code = (result: { errors?: { extensions: object }[] }) => result.errors?.[0]?.extensions

describe('a stream', () => {
  it('goes on while its credential is good, and ends with its reader', async () => {
    const { secret } = await app.key('ann', ['read:users'])
    const { next, leave } = await subscribe('secret', secret)
    for (const text of ['a', 'b']) {
      const result = next()
      send(text)
      expect(await result).toEqual({ data: { secret: `${text} for read:users` } })
    }
    await leave()
    send('to no one')
    await left
  })

  it('ends when its token expires, though nothing is sent', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2
    const jwt = await app.jwt('bob', ['read:users'], { exp })
    const { next } = await subscribe('secret', jwt)
    const end = await next()
    expect(end).toEqual({
      errors: [
        { message: 'The credential is not valid.', extensions: { code: 'INVALID_CREDENTIAL' } },
      ],
    })
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
    expect(await next()).toBeNull()
    expect(await yoga.fetch('http://yoga.test/graphql?query={hello}')).toMatchObject({
      status: 200,
    })
  })

  it.each<[string, (id: string) => Promise<unknown>, object]>([
    [
      'its key is revoked',
      (id) => app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`,
      { code: 'INVALID_CREDENTIAL' },
    ],
    [
      'its key is deleted',
      (id) => app.sql`delete from latchkey.api_keys where id = ${id}`,
      { code: 'INVALID_CREDENTIAL' },
    ],
    [
      'its owner is suspended',
      () => app.sql`update latchkey.users set status = 'SUSPENDED' where subject like 'carol%'`,
      { code: 'INVALID_CREDENTIAL' },
    ],
    [
      'its owner loses a scope that it needs',
      () => app.sql`update latchkey.users set scopes = '{read:keys}' where subject like 'carol%'`,
      { code: 'FORBIDDEN', missingScopes: ['read:users'], notGranted: ['read:users'] },
    ],
  ])('ends when %s, though nothing is sent', async (name, change, end) => {
    const subject = `carol-${name.replaceAll(' ', '-')}`
    const key = await app.key(subject, ['read:users', 'read:keys'])
    const { next } = await subscribe('secret', key.secret)
    await change(key.id)
    expect(code(await next())).toMatchObject(end)
    expect(await next()).toBeNull()
  })

  it('goes on with what is left where it needs no more', async () => {
    const key = await app.key('dan', ['read:users', 'read:keys'])
    const { next, leave } = await subscribe('secret', key.secret)
    const before = next()
    send('a')
    expect(await before).toEqual({ data: { secret: 'a for read:keys read:users' } })
    await app.sql`update latchkey.users set scopes = '{read:users}' where subject = 'dan'`
    for (;;) {
      const result = next()
      send('b')
      const { data } = await result
      if (data.secret === 'b for read:users') break
      expect(data.secret).toBe('b for read:keys read:users')
    }
    await leave()
  })

  it('of the anonymous is not looked at', async () => {
    const { next, leave } = await subscribe('said', null)
    const result = next()
    send('a')
    expect(await result).toEqual({ data: { said: 'a' } })
    await leave()
  })
})

it('a key that is asked about again for a stream is not used again', async () => {
  const uses: unknown[] = []
  const own = createAuthenticator({
    directory: {
      findKeyForVerification: (id) => directory.findKeyForVerification(id),
      admitUser: (sighting) => directory.admitUser(sighting),
      markUsed: async (batch) => void uses.push(...batch),
    },
  })
  const { secret } = await app.key('erin', ['read:users'])
  const carrier = {
    header: (name: string) => (name === 'x-api-key' ? secret : null),
    queryParameters: () => [],
  }
  expect(await own.recheck(carrier)).toMatchObject({ kind: 'authenticated' })
  await own.close()
  expect(uses).toEqual([])
})

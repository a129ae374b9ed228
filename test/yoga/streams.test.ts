import { parse } from 'graphql'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotFoundError } from '../../src/errors.ts'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import { type ConnectedDirectory, connectDirectory } from '../../src/postgres.ts'
import type { Principal } from '../../src/principal.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

/*
 * Subscriptions over SSE in an application with its own schema: the credential is checked again for as long
 * as the stream lasts.
 */

let app: TestApp
let directory: ConnectedDirectory
let authenticator: ClosableAuthenticator
let yoga: ReturnType<typeof createYoga>

/** Sends a value of the subscription. */
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
    type Query {
      hello: String
      caller: String @requiresScopes(scopes: [["read:users"]])
      absent: String
    }
    type Subscription {
      said: String
      secret: String @requiresScopes(scopes: [["read:users"]])
    }
  `,
  resolvers: {
    Query: {
      caller: (_root, _args, { principal }) => principal?.subject,
      absent: () => {
        throw new NotFoundError('user')
      },
    },
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
  yoga = serverWith()
})
afterAll(async () => {
  await authenticator.close()
  await directory.close()
  await app.close()
})

function serverWith(...plugins: Plugin[]) {
  return createYoga({
    schema,
    logging: false,
    plugins: [usePrincipal({ authenticator, undeclared: 'public' }), ...plugins],
  })
}

/** Subscribes to a field, or sends a query, and reads the results one by one. */
async function subscribe(field: string, as: string | null, server = yoga) {
  const query = field.startsWith('{') ? field : `subscription { ${field} }`
  const response = await server.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(as !== null && { authorization: `Bearer ${as}` }),
    },
    body: JSON.stringify({ query }),
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  /** Returns the next result; `null` after the stream is complete. */
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
  it('continues while its credential is valid, and ends with its reader', async () => {
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

  it('ends when its token expires, even if nothing is sent', async () => {
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
  ])('ends when %s, even if nothing is sent', async (name, change, end) => {
    const subject = `carol-${name.replaceAll(' ', '-')}`
    const key = await app.key(subject, ['read:users', 'read:keys'])
    const { next } = await subscribe('secret', key.secret)
    await change(key.id)
    expect(code(await next())).toMatchObject(end)
    expect(await next()).toBeNull()
  })

  it('of an operation that a plugin replaced ends when the new one may no longer run', async () => {
    const replacing: Plugin = {
      onSubscribe({ subscribeFn, setSubscribeFn }) {
        setSubscribeFn((args) =>
          subscribeFn({ ...args, document: parse('subscription { secret }') }),
        )
      },
    }
    const key = await app.key('fay', ['read:users', 'read:keys'])
    const { next } = await subscribe('said', key.secret, serverWith(replacing))
    await app.sql`update latchkey.users set scopes = '{read:keys}' where subject = 'fay'`
    expect(code(await next())).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['read:users'] })
    expect(await next()).toBeNull()
  })

  it('continues with the remaining scopes if it needs no other', async () => {
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

  it('of an anonymous caller is not checked', async () => {
    const { next, leave } = await subscribe('said', null)
    const result = next()
    send('a')
    expect(await result).toEqual({ data: { said: 'a' } })
    await leave()
  })
})

describe('a live query, which a plugin executes with a context of its own whenever data change,', () => {
  let change: () => void = () => {}
  const live: Plugin = {
    onExecute: ({ executeFn, setExecuteFn }) =>
      setExecuteFn(async function* (args) {
        for (;;) {
          const { principal } = args.contextValue
          yield await executeFn({ ...args, contextValue: { principal } })
          await new Promise<void>((resolve) => {
            change = resolve
          })
        }
      }),
  }

  it('is answered for its caller', async () => {
    const key = await app.key('gil', ['read:users'])
    const { next, leave } = await subscribe('{ caller }', key.secret, serverWith(live))
    for (const data of [{ caller: 'gil' }, { caller: 'gil' }]) {
      expect(await next()).toEqual({ data })
      change()
    }
    await leave()
  })

  it('has the codes of errors that its resolvers throw', async () => {
    const key = await app.key('jan', ['read:users'])
    const { next, leave } = await subscribe('{ absent }', key.secret, serverWith(live))
    expect(code(await next())).toEqual({ code: 'NOT_FOUND' })
    await leave()
  })

  it('is denied to others', async () => {
    const { next } = await subscribe('{ caller }', null, serverWith(live))
    expect(code(await next())).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('ends when its key is revoked, even if no data change', async () => {
    const key = await app.key('hal', ['read:users'])
    const { next } = await subscribe('{ caller }', key.secret, serverWith(live))
    expect(await next()).toEqual({ data: { caller: 'hal' } })
    await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`
    expect(code(await next())).toEqual({ code: 'INVALID_CREDENTIAL' })
    expect(await next()).toBeNull()
  })

  it('is refused if its stream has data that no execution has produced', async () => {
    const foreign: Plugin = {
      onExecute: ({ setExecuteFn }) =>
        setExecuteFn(async function* () {
          yield { data: { caller: 'another' } }
        }),
    }
    const key = await app.key('ida', ['read:users'])
    const { next } = await subscribe('{ caller }', key.secret, serverWith(foreign))
    expect(code(await next())).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
  })
})

it('checking a key again for a stream does not count as a use', async () => {
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

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operator, type Principal, principalKey, usePrincipal } from '../../src/index.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'

/* HTTP caches between a Yoga server and its callers. */

let instance: TestInstance
let secret: string
beforeAll(async () => {
  instance = await createTestInstance()
  const { userId } = await instance.signIn('ann', ['read:orders', 'write:keys'])
  const scopes = ['read:orders']
  secret = (await instance.keys.create({ as: operator, ownerId: userId, name: 'x', scopes })).secret
})
afterAll(() => instance.close())

const schema = createSchema<{ principal: Principal | null }>({
  typeDefs: /* GraphQL */ `
    directive @public on FIELD_DEFINITION
    type Query {
      me: String @public
    }
  `,
  resolvers: { Query: { me: (_root, _args, { principal }) => principal?.subject } },
})

interface Asked {
  readonly headers?: Record<string, string>
  readonly method?: 'GET' | 'POST'
  readonly plugins?: readonly Plugin[]
}

async function cacheControl({ headers = {}, method = 'GET', plugins = [] }: Asked) {
  const { authenticator } = instance
  const yoga = createYoga({ schema, plugins: [usePrincipal({ authenticator }), ...plugins] })
  const query = '{ me }'
  const response = await yoga.fetch(
    `http://yoga.test/graphql${method === 'GET' ? `?${new URLSearchParams({ query })}` : ''}`,
    {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: JSON.stringify({ query }) }),
    },
  )
  expect(response.status).toBe(200)
  await response.text()
  return response.headers.get('cache-control')
}

describe('an answer that a cache could store', () => {
  it('is private to the caller whose credential it was made for', async () => {
    expect(await cacheControl({ headers: { 'x-api-key': secret } })).toBe('private, no-cache')
    const authorization = `Bearer ${secret}`
    expect(await cacheControl({ headers: { authorization } })).toBe('private, no-cache')
  })

  it('has no such rule for an anonymous caller, or in an answer to POST', async () => {
    expect(await cacheControl({})).toBeNull()
    expect(await cacheControl({ headers: { 'x-api-key': secret }, method: 'POST' })).toBeNull()
  })

  it('keeps the rule of the application', async () => {
    const plugin: Plugin = {
      onExecutionResult({ result }) {
        Object.assign(result ?? {}, {
          extensions: { http: { headers: { 'cache-control': 'public, max-age=60' } } },
        })
      },
    }
    const asked = { headers: { 'x-api-key': secret }, plugins: [plugin] }
    expect(await cacheControl(asked)).toBe('public, max-age=60')
  })

  it('is private if the application got it from another server', async () => {
    const upstream = createServer((_request, response) => response.end('{}'))
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    const plugin: Plugin = {
      async onRequest({ endResponse }) {
        endResponse(await fetch(`http://127.0.0.1:${port}`))
      },
    }
    try {
      const asked = { headers: { 'x-api-key': secret }, plugins: [plugin] }
      expect(await cacheControl(asked)).toBe('private, no-cache')
    } finally {
      upstream.close()
    }
  })
})

describe.each(['before', 'after'])('an answer to `If-None-Match`, with the cache %s', (place) => {
  it('is private to a caller with a credential, whether it is sent again or not', async () => {
    const principal = usePrincipal({ authenticator: instance.authenticator })
    const cache = useResponseCache({ session: principalKey, ttl: 60_000 })
    const plugins = place === 'before' ? [cache, principal] : [principal, cache]
    const yoga = createYoga({ schema, plugins, logging: false })
    const ask = async (headers: Record<string, string>) => {
      const response = await yoga.fetch('http://yoga.test/graphql?query={me}', { headers })
      await response.text()
      const etag = response.headers.get('etag') ?? ''
      return { status: response.status, etag, private: response.headers.get('cache-control') }
    }
    const anonymous = await ask({})
    expect(anonymous.private).toBeNull()
    const other = await ask({ 'x-api-key': secret, 'if-none-match': anonymous.etag })
    expect(other).toMatchObject({ status: 200, private: 'private, no-cache' })
    const same = await ask({ 'x-api-key': secret, 'if-none-match': other.etag })
    expect(same).toMatchObject({ status: 304, private: 'private, no-cache' })
  })
})

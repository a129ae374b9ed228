import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBackends } from '../../src/backends/backends.ts'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import {
  type BackendsContext,
  createAuthenticator,
  useBackends,
  usePrincipal,
} from '../../src/index.ts'
import type { Principal } from '../../src/principal.ts'
import { startIssuer, testAudience } from '../support/issuer.ts'

const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
const identity = createIdentityIssuer({ keys, issuer: 'https://auth.example' })

interface Site {
  readonly url: string
  readonly asked: IncomingMessage[]
  close(): Promise<unknown>
}
let backend: Site
let elsewhere: Site

beforeAll(async () => {
  elsewhere = await start((_, response) => response.end('elsewhere'))
  backend = await start((request, response) => {
    const away = request.url?.startsWith('/away')
    const target = away ? `${elsewhere.url}/stolen` : request.url === '/loop' ? '/loop' : '/end'
    if (request.url === '/end') response.end('end')
    else response.writeHead(Number(request.headers['x-status'] ?? 302), { location: target }).end()
  })
})
afterAll(async () => {
  await backend.close()
  await elsewhere.close()
})

async function start(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    handle(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise((done) => server.close(done))
  return { url: `http://127.0.0.1:${port}`, asked, close }
}

const ada: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: 'u',
  scopes: new Set(['read:orders']),
  credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes: [], expiresAt: null },
}
const secret = 'lk_secret'

const backends = (principal: Principal | null = ada) =>
  createBackends({
    identity,
    principal,
    requestId: 'request-1',
    clientHeader: (name) => (name === 'authorization' ? `Bearer ${secret}` : null),
    credentialHeaders: ['x-api-key'],
  })
const last = ({ asked }: Site) => asked.at(-1)?.headers ?? {}

describe('a backend is told', () => {
  test('who asks, for itself, and in which request', async () => {
    await backends().fetch('orders', `${backend.url}/end`, { headers: { accept: 'text/plain' } })
    const headers = last(backend)
    expect(headers).toMatchObject({ 'x-request-id': 'request-1', accept: 'text/plain' })
    expect(decodeJwt(String(headers['x-identity']))).toMatchObject({ sub: 'ada', aud: 'orders' })
  })

  test('of the anonymous nothing, whatever the caller puts in', async () => {
    const headers = { 'X-Identity': 'forged', 'X-User-Id': 'root' }
    await backends(null).fetch('orders', `${backend.url}/end`, { headers })
    expect(last(backend)).not.toHaveProperty('x-identity')
    expect(last(backend)).not.toHaveProperty('x-user-id')
  })

  test("nothing of the client's credential, but one of its own", async () => {
    const headers = {
      authorization: `Bearer ${secret}`,
      'x-api-key': secret,
      'x-copy': `a ${secret}`,
    }
    await backends().fetch('orders', `${backend.url}/end`, { headers })
    expect(JSON.stringify(last(backend))).not.toContain(secret)
    const own = { authorization: 'Bearer of-the-service' }
    await backends().fetch('orders', `${backend.url}/end`, { headers: own })
    expect(last(backend).authorization).toBe('Bearer of-the-service')
  })
})

describe('a redirect', () => {
  test('within the origin is followed', async () => {
    const response = await backends().fetch('orders', `${backend.url}/start`)
    expect(await response.text()).toBe('end')
  })

  test.each(['301', '302', '303', '307', '308'])('elsewhere is refused (%s)', async (status) => {
    for (const method of ['GET', 'POST']) {
      await expect(
        backends().fetch('orders', `${backend.url}/away`, {
          method,
          headers: { 'x-status': status },
        }),
      ).rejects.toThrow('redirected to another origin')
    }
    expect(elsewhere.asked).toEqual([])
  })

  test('of what changes something is answered as it is, and one without end is an error', async () => {
    const response = await backends().fetch('orders', `${backend.url}/start`, { method: 'POST' })
    expect(response.status).toBe(302)
    await expect(backends().fetch('orders', `${backend.url}/loop`)).rejects.toThrow('redirects')
  })
})

test('without identity keys nothing is asked for someone', async () => {
  const none = createBackends({
    identity: null,
    principal: ada,
    requestId: null,
    clientHeader: () => null,
    credentialHeaders: [],
  })
  await expect(none.fetch('orders', `${backend.url}/end`)).rejects.toThrow('IDENTITY_KEYS_FILE')
})

test('a resolver asks as whoever asked it', async () => {
  const issuer = await startIssuer()
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
  const yoga = createYoga<object, BackendsContext>({
    schema: createSchema<BackendsContext>({
      typeDefs: 'type Query { orders: String }',
      resolvers: {
        Query: {
          orders: async (_parent, _arguments, { backends }) =>
            (await backends.fetch('orders', `${backend.url}/end`)).text(),
        },
      },
    }),
    logging: false,
    plugins: [usePrincipal({ authenticator, undeclared: 'public' }), useBackends({ identity })],
  })
  const token = await issuer.sign({ sub: 'grace' })
  const response = await yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"query":"{ orders }"}',
  })
  expect(await response.json()).toEqual({ data: { orders: 'end' } })
  expect(decodeJwt(String(last(backend)['x-identity'])).sub).toBe('grace')
  expect(JSON.stringify(last(backend))).not.toContain(token)
  await authenticator.close()
  await issuer.close()
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import type { Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith, type RawAnswer, send } from '../support/listening.ts'

/*
 * The forms of a request line and its headers, on Latchkey's own server on both paths that a request can take,
 * and on an application's server as the README shows it.
 */

let app: TestApp
let key: string
let introspector: string
const ways = ['the Node listener', 'a fetch Request', "an application's server"] as const
const ports = new Map<string, number>()
const closing: (() => unknown)[] = []
const cookies: (string | null)[] = []

const watchCookies: Plugin = {
  onExecute: ({ args }) => {
    cookies.push(args.contextValue.request.headers.get('cookie'))
  },
}

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' }, { plugins: [watchCookies] })
  const direct = await listenWith(app)
  const byRequest = await listenWith({ fetch: app.fetch, listener: () => false })
  const embedded = await embed()
  closing.push(direct.close, byRequest.close)
  ports.set(ways[0], direct.port).set(ways[1], byRequest.port).set(ways[2], embedded)
  key = (await app.key('alice', ['read:users'])).secret
  await app.user('gateway', ['introspect:tokens', 'write:keys'])
  introspector = (await app.key('gateway', ['introspect:tokens'])).secret
})
afterAll(async () => {
  for (const close of closing) await close()
  await app.close()
})

async function embed(): Promise<number> {
  const handler = createServerAdapter<{ req: { socket: { remoteAddress?: string } } }>(
    (request, { req }) => app.fetch(request, { peerAddress: req.socket.remoteAddress ?? null }),
  )
  const server = createServer({ joinDuplicateHeaders: true }, (req, res) => {
    if (!app.listener(req, res)) handler(req, res)
  })
  server.maxHeadersCount = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const json = ['Content-Type', 'application/json']
const form = ['Content-Type', 'application/x-www-form-urlencoded']
const viewer = '{"query":"{ viewer { subject } }"}'
const viewerQuery = `query=${encodeURIComponent('{viewer{subject}}')}`
const subjectIn = ({ body }: RawAnswer) => JSON.parse(body).data?.viewer?.subject

describe.each(ways)('by %s', (way) => {
  const port = () => ports.get(way) ?? 0
  const as = (credential: string) => ['Authorization', `Bearer ${credential}`]

  describe.each([
    ['http://127.0.0.1', 'a URL'],
    ['HTTP://LATCHKEY.TEST:4000', 'a URL of another case, with a port'],
    ['https://latchkey.test', 'a URL of the other scheme'],
  ])('a target in absolute form, %s', (authority) => {
    const ask = (target: string, headers: readonly string[] = [], body = '') =>
      send(port(), authority + target, headers, { method: body === '' ? 'GET' : 'POST', body })

    it('reaches GraphQL', async () => {
      const posted = await ask('/graphql', [...json, ...as(key)], viewer)
      expect([posted.status, subjectIn(posted)]).toEqual([200, 'alice'])
      const got = await ask(`/graphql?${viewerQuery}`, as(key))
      expect([got.status, subjectIn(got)]).toEqual([200, 'alice'])
    })

    it('has its credentials read as usual', async () => {
      const refused = await ask('/graphql', [...json, ...as('a.b.c')], viewer)
      expect(refused.status).toBe(401)
      const twice = await ask('/graphql', [...json, ...as(key), ...as(key)], viewer)
      expect(twice.status).toBe(400)
      expect((await ask('/auth/verify', as('a.b.c'))).status).toBe(401)
      expect((await ask('/auth/verify')).status).toBe(401)
      expect((await ask('/auth/verify?scope=write:users', as(key))).status).toBe(403)
    })

    it('reaches every other endpoint', async () => {
      const verified = await ask('/auth/verify?scope=read:users', as(key))
      expect([verified.status, verified.headers['x-user-id']]).toEqual([200, 'alice'])
      const introspected = await ask(
        '/oauth2/introspect',
        [...form, ...as(introspector)],
        `token=${key}`,
      )
      expect(JSON.parse(introspected.body)).toMatchObject({ active: true, sub: 'alice' })
      for (const path of ['/schema.graphql', '/healthz', '/metrics', '/.well-known/jwks.json']) {
        expect((await ask(path)).status).toBe(200)
      }
      expect((await ask('/nothing')).status).toBe(404)
      // The root lists the paths, and runs no operation.
      for (const root of ['', `?${viewerQuery}`]) {
        const { status, body } = await ask(root)
        expect([status, JSON.parse(body).paths.graphql]).toEqual([200, '/graphql'])
      }
    })
  })

  it.each([
    'http://a@latchkey.test/graphql',
    'http://:80/graphql',
    'http:///graphql',
    'http://[::1/graphql',
  ])('an invalid target is 400: %s', async (target) => {
    const answer = await send(port(), target, [...json, ...as(key)], {
      method: 'POST',
      body: viewer,
    })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it.each([
    '/graphql%2F',
    '/graphql%2f',
    '/%2Fgraphql',
    '/x%2F..%2Fgraphql',
    '/graphql/%2F',
    '/auth%2Fverify',
    '/auth%2fverify?scope=read:users',
    '/oauth2%2Fintrospect',
    '/dev%2Fissuer%2Ftoken',
    '/.well-known%2Fjwks.json',
    '/metrics%2F',
  ])('an encoded slash does not divide a path: %s', async (target) => {
    const got = await send(port(), target, as(key))
    expect(got.status).toBe(404)
    const posted = await send(port(), target, [...json, ...as(key)], {
      method: 'POST',
      body: viewer,
    })
    expect(posted.status).toBe(404)
  })

  it.each([
    '/auth/verify%2F',
    '/auth/verify%2F..%2Fgraphql',
    '/auth/verify%2fx?scope=read:users',
    '/auth/verify%3Fscope=write:users',
    '/auth/verify%3Bscope=read:users',
  ])('an encoded character after the prefix is a fault of the proxy: %s', async (target) => {
    const answer = await send(port(), target, as(key))
    expect(answer.status).toBe(500)
    expect(answer.headers).not.toHaveProperty('x-user-id')
  })

  if (way !== 'a fetch Request') {
    it.each([
      '/auth/verify/a%2Fb',
      '/auth/verify/%2F..%2Fgraphql?scope=x&scope=y',
      '/auth/verify;scope=read:users/%2f%2F',
      '/auth/verify;scope=read%3Ausers/a%2F?scope=write:users',
    ])("an encoded slash in a client's own path has no effect: %s", async (target) => {
      const answer = await send(port(), target, as(key))
      expect([answer.status, answer.headers['x-user-id']]).toEqual([200, 'alice'])
    })
  }

  it('several Cookie headers are joined with semicolons', async () => {
    const several = ['Cookie', 'a=1', 'Cookie', 'b=2; c=3', 'cookie', 'd=4']
    cookies.length = 0
    const posted = await send(port(), '/graphql', [...json, ...as(key), ...several], {
      method: 'POST',
      body: viewer,
    })
    expect([posted.status, subjectIn(posted)]).toEqual([200, 'alice'])
    const got = await send(port(), `/graphql?${viewerQuery}`, [...several, ...as(key)])
    expect([got.status, subjectIn(got)]).toEqual([200, 'alice'])
    expect(cookies).toEqual(['a=1; b=2; c=3; d=4', 'a=1; b=2; c=3; d=4'])
    const verified = await send(port(), '/auth/verify', [...several, ...as(key)])
    expect(verified.status).toBe(200)
  })

  it('a cookie that looks like a credential is ignored', async () => {
    const named = ['Cookie', `authorization=Bearer ${key}`, 'Cookie', `latchkey-session=${key}`]
    const posted = await send(port(), '/graphql', [...json, ...named], {
      method: 'POST',
      body: '{"query":"{ me { id } }"}',
    })
    expect(posted.status).toBe(401)
    expect((await send(port(), '/auth/verify', named)).status).toBe(401)
  })
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { initTRPC, TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expressGuard } from '../../src/express.ts'
import { fastifyGuard } from '../../src/fastify.ts'
import { type GuardVariables, honoGuard } from '../../src/hono.ts'
import {
  type ClosableAuthenticator,
  createAuthenticator,
  createGuard,
  LatchkeyError,
} from '../../src/index.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/* REST and RPC over HTTP: the adapters, each in its framework. */

let issuer: TestIssuer
let authenticator: ClosableAuthenticator

beforeAll(async () => {
  issuer = await startIssuer()
  authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
})
afterAll(async () => {
  await authenticator.close()
  await issuer.close()
})

interface Running {
  readonly url: string
  close(): unknown
}

async function listening(server: Server): Promise<Running> {
  if (!server.listening)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

async function startExpress(): Promise<Running> {
  const requires = expressGuard({ authenticator, failuresPerMinute: 2 })
  const app = express()
  const router = express.Router()
  router.get('/orders', requires('read:orders'), (request, response) => {
    response.json({ subject: request.principal?.subject })
  })
  app.use('/api', router)
  return await listening(createServer(app))
}

async function startFastify(): Promise<Running> {
  const app = fastify()
  const requires = fastifyGuard({ authenticator, failuresPerMinute: 2 })
  // Routes of another encapsulated plugin than the one that made the guard.
  await app.register(async (child) => {
    child.get('/api/orders', { onRequest: requires('read:orders') }, async (request) => ({
      subject: request.principal?.subject,
    }))
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => app.close() }
}

async function startHono(): Promise<Running> {
  const requires = honoGuard({
    authenticator,
    failuresPerMinute: 2,
    clientAddress: ({ req }) => req.raw.headers.get('x-client') ?? '192.0.2.7',
  })
  const app = new Hono<{ Variables: GuardVariables }>().basePath('/api')
  app.get('/orders', requires('read:orders'), (context) =>
    context.json({ subject: context.get('principal').subject }),
  )
  return await listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
}

describe.each([
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['Hono', startHono],
])('%s', (_name, start) => {
  let running: Running
  beforeAll(async () => {
    running = await start()
  })
  afterAll(async () => {
    await running.close()
  })
  const ask = (path: string, authorization?: string) =>
    fetch(running.url + path, { headers: { ...(authorization && { authorization }) } })

  it('answers a guarded route by the scopes of the credential', async () => {
    const token = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
    const answer = await ask('/api/orders', `Bearer ${token}`)
    expect([answer.status, await answer.json()]).toEqual([200, { subject: 'alice' }])
    const anonymous = await ask('/api/orders')
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"')
    expect(anonymous.headers.get('content-type')).toMatch(/^application\/problem\+json\b/)
    expect(anonymous.headers.get('cache-control')).toBe('no-store')
    expect(await anonymous.json()).toEqual({
      title: 'Unauthorized',
      status: 401,
      detail: 'This needs a credential: send an API key or a JWT.',
    })
    const other = await ask('/api/orders', `Bearer ${await issuer.sign({ scope: 'other' })}`)
    expect(other.status).toBe(403)
    expect(other.headers.get('www-authenticate')).toContain('scope="read:orders"')
  })

  it('limits refused credentials by the address of the client', async () => {
    const statuses = []
    for (let n = 0; n < 3; n += 1) statuses.push((await ask('/api/orders', 'Bearer x')).status)
    expect(statuses).toEqual([401, 401, 429])
  })
})

it.each([expressGuard, fastifyGuard, honoGuard])(
  '%o refuses what is not a scope at start',
  (make) => {
    const requires = make({ authenticator })
    expect(() => requires('not a scope')).toThrow('"not a scope", which is not a scope name')
    // The guard in the place of the middleware that it makes.
    expect(() => requires({} as string)).toThrow('a value of type object')
  },
)

it('Hono reads the credential of the request itself, not of the one that it is made for', async () => {
  const requires = honoGuard({ authenticator })
  const app = new Hono<{ Variables: GuardVariables }>()
  app.get('/inner', requires('read:orders'), (context) => context.text('inner'))
  app.get('/outer', requires('read:orders'), (context) =>
    app.request('/inner', { headers: { 'x-inner': '1' } }, context.env),
  )
  const running = await listening(
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server,
  )
  const authorization = `Bearer ${await issuer.sign({ scope: 'read:orders' })}`
  const ask = (path: string) => fetch(running.url + path, { headers: { authorization } })
  expect((await ask('/inner')).status).toBe(200)
  expect((await ask('/outer')).status).toBe(401)
  await running.close()
})

it('tRPC maps the error to its codes', async () => {
  const guard = createGuard({ authenticator })
  const t = initTRPC.context<{ request: Request }>().create()
  const requires = (...scopes: string[]) =>
    t.procedure.use(async ({ ctx, next }) => {
      try {
        return await next({ ctx: { principal: await guard(ctx.request, ...scopes) } })
      } catch (cause) {
        if (!(cause instanceof LatchkeyError)) throw cause
        const code = cause.status === 403 ? 'FORBIDDEN' : 'UNAUTHORIZED'
        throw new TRPCError({ code, message: cause.message, cause })
      }
    })
  const router = t.router({
    orders: requires('read:orders').query(({ ctx }) => ctx.principal.subject),
  })
  const ask = (authorization?: string) =>
    fetchRequestHandler({
      endpoint: '/trpc',
      req: new Request('http://app.test/trpc/orders', {
        headers: { ...(authorization && { authorization }) },
      }),
      router,
      createContext: ({ req }) => ({ request: req }),
    })
  const token = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
  expect(await (await ask(`Bearer ${token}`)).json()).toEqual({ result: { data: 'alice' } })
  expect((await ask()).status).toBe(401)
  expect((await ask(`Bearer ${await issuer.sign({ scope: 'x' })}`)).status).toBe(403)
})

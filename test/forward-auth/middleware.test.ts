import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express, { type Express, type RequestHandler } from 'express'
import fastify, { type FastifyInstance, type FastifyPluginAsync, type RouteHandler } from 'fastify'
import { type Handler, Hono, type MiddlewareHandler } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import { send } from '../support/listening.ts'

const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
const issuer = 'https://auth.example'
const options = {
  issuer,
  audience: 'orders',
  fetch: async () => Response.json({ keys: keys.keys.map(({ publicJwk }) => publicJwk) }),
}
// The examples are JavaScript and import the package by its name, so they get the built code.
const middleware = async (name: string) => await import(`../../docs/examples/middleware/${name}.js`)

const subjectOf = (request: unknown) =>
  (request as { principal?: { subject: string } }).principal?.subject

/** Serves `/` with Express. */
async function withExpress(
  mount: (app: Express, identity: RequestHandler, show: RequestHandler) => void,
) {
  const { identity } = await middleware('express')
  const app = express()
  mount(app, identity(options), (request, response) => {
    response.json({ subject: subjectOf(request) })
  })
  return createServer(app)
}

/** Serves `/` with Fastify. */
async function withFastify(
  mount: (
    app: FastifyInstance,
    identity: FastifyPluginAsync<object>,
    show: RouteHandler,
  ) => unknown,
) {
  const { identity } = await middleware('fastify')
  const app = fastify()
  await mount(app, identity, async (request) => ({ subject: subjectOf(request) }))
  await app.ready()
  return app.server
}

type HonoApp = Hono<{ Variables: { principal: { subject: string } } }>

/** Serves `/` with Hono. */
async function withHono(mount: (app: HonoApp, identity: MiddlewareHandler, show: Handler) => void) {
  const { identity } = await middleware('hono')
  const app: HonoApp = new Hono()
  mount(app, identity(options), (context) =>
    context.json({ subject: context.get('principal').subject }),
  )
  return createServer(getRequestListener(app.fetch))
}

const mountings: Record<string, () => Promise<Server>> = {
  'Express, for the whole application': () =>
    withExpress((app, identity, show) => app.use(identity).get('/', show)),
  'Express, for a path': () => withExpress((app, identity, show) => app.use('/', identity, show)),
  'Express, for one route': () =>
    withExpress((app, identity, show) => app.get('/', identity, show)),
  'Express, for a router': () =>
    withExpress((app, identity, show) =>
      app.use('/', express.Router().use(identity).get('/', show)),
    ),
  'Express, for an application in another': () =>
    withExpress((app, identity, show) => app.use('/', express().use(identity).get('/', show))),

  'Fastify, registered': () =>
    withFastify((app, identity, show) => {
      app.register(identity, options)
      app.get('/', show)
    }),
  'Fastify, registered and awaited': () =>
    withFastify(async (app, identity, show) => {
      await app.register(identity, options)
      app.get('/', show)
    }),
  'Fastify, registered after the route': () =>
    withFastify((app, identity, show) => {
      app.get('/', show)
      app.register(identity, options)
    }),
  'Fastify, registered beside the plugin of the route': () =>
    withFastify((app, identity, show) => {
      app.register(identity, options)
      app.register(async (inner) => void inner.get('/', show))
    }),
  'Fastify, registered within the plugin of the route': () =>
    withFastify((app, identity, show) => {
      app.register(async (inner) => {
        inner.register(identity, options)
        inner.get('/', show)
      })
    }),
  'Fastify, registered with a prefix': () =>
    withFastify((app, identity, show) => {
      app.register(identity, { ...options, prefix: '/other' })
      app.get('/', show)
    }),
  'Fastify, called': () =>
    withFastify(async (app, identity, show) => {
      await identity(app, options)
      app.get('/', show)
    }),
  'Fastify, called and not awaited': () =>
    withFastify((app, identity, show) => {
      void identity(app, options)
      app.get('/', show)
    }),

  'Hono, for the whole application': () =>
    withHono((app, identity, show) => app.use(identity).get('/', show)),
  'Hono, for a path': () =>
    withHono((app, identity, show) => app.use('/*', identity).get('/', show)),
  'Hono, for one route': () => withHono((app, identity, show) => app.get('/', identity, show)),
  'Hono, for an application in another': () =>
    withHono((app, identity, show) => app.route('/', new Hono().use(identity).get('/', show))),
  'Hono, mounted': () =>
    withHono((app, identity, show) =>
      app.mount('/', new Hono().use(identity).get('/', show).fetch),
    ),
}

describe.each(Object.entries(mountings))('the middleware for %s', (_name, start) => {
  let server: Server
  let port: number
  beforeAll(async () => {
    server = await start()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const token = (audience: string) =>
    createIdentityIssuer({ keys, issuer }).tokenFor(
      {
        issuer: 'https://id.example',
        subject: 'ada',
        userId: 'u',
        scopes: new Set(),
        credential: {
          kind: 'JWT',
          id: null,
          name: null,
          issuer: null,
          scopes: [],
          expiresAt: null,
        },
      },
      audience,
    )

  test('passes the principal to the next handler', async () => {
    const answer = await send(port, '/', ['X-Identity', await token('orders')])
    expect([answer.status, answer.body]).toEqual([200, '{"subject":"ada"}'])
  })

  test('refuses a request without a valid identity, and runs no next handler', async () => {
    const one = await token('orders')
    for (const headers of [
      ['X-Identity', 'forged'],
      ['X-Identity', await token('billing')],
      ['X-Identity', one, 'X-Identity', one],
    ]) {
      const answer = await send(port, '/', headers)
      expect([answer.status, answer.body]).toEqual([401, '{"error":"IDENTITY_INVALID"}'])
    }
    for (const headers of [[], ['X-User-Id', 'root']]) {
      const answer = await send(port, '/', headers)
      expect([answer.status, answer.body]).toEqual([401, '{"error":"IDENTITY_MISSING"}'])
    }
  })
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
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

const frameworks: Record<string, () => Promise<Server>> = {
  async express() {
    const { identity } = await middleware('express')
    const app = express()
    app.use(identity(options))
    app.get('/', (request, response) => {
      response.json({
        subject: (request as { principal?: { subject: string } }).principal?.subject,
      })
    })
    return createServer(app)
  },
  async fastify() {
    const { identity } = await middleware('fastify')
    const app = fastify()
    identity(app, options)
    app.get('/', async (request) => ({
      subject: (request as { principal?: { subject: string } }).principal?.subject,
    }))
    await app.ready()
    return app.server
  },
  async hono() {
    const { identity } = await middleware('hono')
    const app = new Hono<{ Variables: { principal: { subject: string } } }>()
    app.use(identity(options))
    app.get('/', (context) => context.json({ subject: context.get('principal').subject }))
    return createServer(getRequestListener(app.fetch))
  },
}

describe.each(Object.keys(frameworks))('the middleware for %s', (name) => {
  let server: Server
  let port: number
  beforeAll(async () => {
    server = (await frameworks[name]?.()) as Server
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

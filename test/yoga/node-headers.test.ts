import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { createSchema, createYoga, type YogaServerInstance } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { type PrincipalContext, usePrincipal } from '../../src/yoga/use-principal.ts'
import { startIssuer } from '../support/issuer.ts'
import { type RawAnswer, send } from '../support/listening.ts'

type ServerContext = { req?: unknown; reply?: unknown }
type Yoga = YogaServerInstance<ServerContext, PrincipalContext>

const audience = 'https://api.example'
let issuer: Awaited<ReturnType<typeof startIssuer>>
let jwt: string
let yoga: Yoga

/** Servers of applications that do not set Latchkey's options. */
const applications: Record<string, () => Promise<Server>> = {
  'bare Node': async () => createServer(yoga),
  Express: async () => createServer(express().use('/graphql', yoga as never)),
  async Fastify() {
    const app = fastify()
    app.addContentTypeParser('application/json', {}, (_request, _payload, done) => done(null))
    app.route({
      url: '/graphql',
      method: ['GET', 'POST'],
      handler: (req, reply) => yoga.handleNodeRequestAndResponse(req, reply, { req, reply }),
    })
    await app.ready()
    return app.server
  },
}

beforeAll(async () => {
  issuer = await startIssuer()
  jwt = await issuer.sign({ sub: 'alice', aud: audience })
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience }],
    jwtHeader: 'X-JWT',
  })
  yoga = createYoga<ServerContext, PrincipalContext>({
    schema: createSchema<PrincipalContext>({
      typeDefs: 'type Query { who: String }',
      resolvers: { Query: { who: (_root, _args, { principal }) => principal?.subject ?? null } },
    }),
    plugins: [usePrincipal({ authenticator, undeclared: 'public' })],
    logging: false,
  })
})
afterAll(() => issuer.close())

const target = `/graphql?query=${encodeURIComponent('{ who }')}`
const good = () => ['Authorization', `Bearer ${jwt}`]
const many = (count: number) => Array.from({ length: count }, () => ['a', '']).flat()
/** Comes first, because Node itself refuses a request whose `Host` it has dropped. */
const host = ['Host', 'a.example']
const summaryOf = ({ status, body }: RawAnswer) => {
  const { data, errors } = JSON.parse(body)
  return { status, ...(data ?? errors[0].extensions) }
}

describe.each(Object.keys(applications))('in an application on %s', (name) => {
  let server: Server
  let port: number
  beforeAll(async () => {
    server = (await applications[name]?.()) as Server
    await once(server.listen(0, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it('a credential is read', async () => {
    expect(summaryOf(await send(port, target, good()))).toEqual({ status: 200, who: 'alice' })
    expect(summaryOf(await send(port, target))).toEqual({ status: 200, who: null })
    const few = [...many(900), ...good()]
    expect(summaryOf(await send(port, target, few))).toEqual({ status: 200, who: 'alice' })
  })

  it.each([
    ['twice', () => [...good(), ...good()]],
    ['first empty', () => ['Authorization', '', ...good()]],
    ['first good, then of another', () => [...good(), 'authorization', 'Bearer a.b.c']],
    ['first good, then of another scheme', () => [...good(), 'AUTHORIZATION', 'Basic YTpi']],
    ['of another scheme', () => ['Authorization', 'Digest a=b', 'Authorization', 'Digest a=b']],
    ['like one together', () => ['Authorization', 'Digest a=b', 'Authorization', 'c=d']],
    ['in a configured header', () => ['X-JWT', jwt, 'x-jwt', jwt]],
  ])('two headers are ambiguous: %s', async (_name, headers) => {
    expect(summaryOf(await send(port, target, headers()))).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
    })
  })

  it.each([
    ['two credentials', () => [...good(), ...many(998), ...good()]],
    ['a bad one', () => [...many(1000), 'Authorization', 'Bearer bad']],
    ['a good one', () => [...many(1100), ...good()]],
    ['none', () => many(1000)],
  ])('a request that may have lost headers is refused: %s', async (_name, headers) => {
    expect(summaryOf(await send(port, target, [...host, ...headers()]))).toEqual({
      status: 431,
      code: 'REQUEST_HEADER_FIELDS_TOO_LARGE',
    })
  })
})

it('a header that the application has changed before keeps that value', async () => {
  const server = createServer((request, response) => {
    const cookie = /token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    if (cookie !== undefined) request.headers.authorization = `Bearer ${cookie}`
    if (request.headers['x-anonymous'] !== undefined) delete request.headers.authorization
    yoga(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const byCookie = await send(port, target, ['Cookie', `token=${jwt}`])
  expect(summaryOf(byCookie)).toEqual({ status: 200, who: 'alice' })
  const without = await send(port, target, [...good(), ...good(), 'X-Anonymous', '1'])
  expect(summaryOf(without)).toEqual({ status: 200, who: null })
  server.close()
})

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { send } from '../support/listening.ts'

let app: TestApp
let server: Server
let port: number
let jwt: string

beforeAll(async () => {
  app = await createTestApp({ JWT_HEADER: 'x-jwt' })
  jwt = await app.jwt('alice', ['read:users'])
  const adapter = createServerAdapter<{ req: IncomingMessage; res: ServerResponse }>((request) =>
    app.fetch(request),
  )
  // Uses Node's default options, which hide headers.
  server = createServer((request, response) => {
    // Frameworks pass a listener the function that continues after it.
    const listener: (...all: readonly unknown[]) => boolean = app.listener as never
    if (!listener(request, response, () => {})) adapter(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await app.close()
})

const many = (count: number) => Array.from({ length: count }, () => ['a', '']).flat()
const host = ['Host', 'a.example']
const both = (first: string, second: string) => ['Authorization', first, 'authorization', second]
const good = () => ['Authorization', `Bearer ${jwt}`]
const asked: Record<string, (headers: readonly string[]) => ReturnType<typeof send>> = {
  'a POST': (headers) =>
    send(port, '/graphql', [...host, 'Content-Type', 'application/json', ...headers], {
      method: 'POST',
      body: '{"query":"{ viewer { subject } }"}',
    }),
  'a GET': (headers) => send(port, '/graphql?query={viewer{subject}}', [...host, ...headers]),
  'a question of a proxy': (headers) =>
    send(port, '/auth/verify?optional=true', [...host, ...headers]),
}

describe.each(Object.entries(asked))('in the Node server of an application, %s', (name, ask) => {
  const refused = name.includes('proxy') ? 401 : 400

  it('is answered', async () => {
    expect((await ask(good())).status).toBe(200)
    expect((await ask([...many(900), ...good()])).status).toBe(200)
  })

  it.each([
    ['twice', () => [...good(), ...good()]],
    ['with another', () => [...good(), 'authorization', 'Bearer a.b.c']],
    ['with an empty one', () => ['AUTHORIZATION', '', ...good()]],
    ['of another scheme twice', () => both('Digest a=b', 'Digest a=b')],
    ['that would be one with the next', () => both('Digest a=b', 'c=d')],
    ['that would be one in quotation marks', () => both('Digest a="b', 'c"')],
    ['twice empty', () => both('', '')],
    ['for JWTs twice', () => ['X-JWT', jwt, 'x-jwt', jwt]],
  ])('is ambiguous with a header %s', async (_name, headers) => {
    const answer = await ask(headers())
    expect(answer.status).toBe(refused)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_request"')
  })

  it.each([
    ['two credentials', () => [...good(), ...many(998), ...good()]],
    ['a bad one', () => [...many(1000), 'Authorization', 'Bearer bad']],
  ])('is refused if headers may be missing: %s', async (_name, headers) => {
    const answer = await ask(headers())
    expect(answer.status).toBe(431)
    expect(answer.headers['x-request-id']).toMatch(/\S/)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })
})

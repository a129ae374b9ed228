import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const page = 'https://app.example.com'
let app: TestApp
let closed: TestApp
let jwt: string

beforeAll(async () => {
  app = await createTestApp({
    CORS_ORIGINS: `${page}, http://localhost:3000`,
    API_KEY_HEADER: 'X-Company-Key',
    JWT_HEADER: 'X-Company-Token',
  })
  closed = await createTestApp()
  jwt = await app.jwt('alice', ['write:keys', 'read:keys'])
})
afterAll(async () => {
  await app.close()
  await closed.close()
})

const send = (to: TestApp, path: string, init?: RequestInit) =>
  to.fetch(new Request(`http://latchkey.test${path}`, init))

const preflight = (
  to: TestApp,
  origin: string,
  path = '/graphql',
  requested = 'authorization,content-type',
) =>
  send(to, path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': requested,
    },
  })

const ask = (
  to: TestApp,
  headers: Record<string, string>,
  body = '{"query":"{ users { nodes { id } } }"}',
) => send(to, '/graphql', { method: 'POST', headers, body })

const ofCors = (response: Response) =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))

describe('a page of a listed origin', () => {
  it.each([page, 'http://localhost:3000'])(
    'gets an answer to its preflight (%s)',
    async (origin) => {
      const response = await preflight(app, origin)
      expect(response.status).toBe(204)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          'content-type, authorization, x-company-key, x-company-token',
        'access-control-max-age': '7200',
        vary: 'Access-Control-Request-Headers, Origin',
      })
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
      expect(await response.text()).toBe('')
    },
  )

  it('may read answers, including refusals', async () => {
    const cases: [Record<string, string>, number][] = [
      [{ authorization: `Bearer ${jwt}` }, 403],
      [{}, 401],
      [{ authorization: 'Bearer nothing' }, 401],
      [{ 'content-type': 'text/plain' }, 415],
    ]
    for (const [headers, status] of cases) {
      const response = await ask(app, {
        'content-type': 'application/json',
        origin: page,
        ...headers,
      })
      expect(response.status).toBe(status)
      expect(response.headers.get('access-control-allow-origin')).toBe(page)
      expect(response.headers.get('access-control-expose-headers')).toBe(
        'www-authenticate, retry-after, x-request-id',
      )
      expect(response.headers.get('vary')).toMatch(/\bOrigin\b/)
    }
  })

  it('may send the headers of tracing and client libraries', async () => {
    const requested =
      'apollographql-client-name, Authorization,baggage,sentry-trace,traceparent,x-request-id'
    const response = await preflight(app, page, '/graphql', requested)
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'content-type, authorization, x-company-key, x-company-token, apollographql-client-name, baggage, sentry-trace, traceparent, x-request-id',
    )
  })

  it('is not allowed what is not a header name', async () => {
    const response = await preflight(app, page, '/graphql', 'x-a, x b,(x),,x-c\u00e9, x-d')
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'content-type, authorization, x-company-key, x-company-token, x-a, x-d',
    )
  })

  it('may read that nothing is at a path', async () => {
    expect((await preflight(app, page, '/grahpql')).status).toBe(204)
    const response = await send(app, '/grahpql', { method: 'POST', headers: { origin: page } })
    expect(response.status).toBe(404)
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
    expect(response.headers.get('vary')).toMatch(/\bOrigin\b/)
  })

  it('may read the SDL and no other endpoint', async () => {
    const headers = { origin: page }
    expect(ofCors(await send(app, '/schema.graphql', { headers }))).not.toEqual([])
    for (const path of ['/healthz', '/readyz', '/metrics', '/.well-known/jwks.json']) {
      expect(ofCors(await send(app, path, { headers }))).toEqual([])
      expect(ofCors(await preflight(app, page, path))).toEqual([])
    }
  })
})

describe('a page of any other origin', () => {
  it.each([
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://app.example.com:8443',
    'http://app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https://sub.app.example.com',
    'null',
    '*',
    '',
  ])('is not allowed (%j)', async (origin) => {
    const asked = await preflight(app, origin)
    expect(asked.status).toBe(405)
    const answered = await ask(app, { 'content-type': 'application/json', origin })
    const nowhere = await preflight(app, origin, '/nowhere')
    expect(nowhere.status).toBe(404)
    for (const response of [asked, answered, nowhere]) {
      expect(ofCors(response)).toEqual([])
      // A cache in between must not serve this answer to a page of a listed origin.
      expect(response.headers.get('vary')).toMatch(/\bOrigin\b/)
    }
  })

  it('is not allowed if no origin is listed, which is the default', async () => {
    const asked = await preflight(closed, page)
    expect(asked.status).toBe(405)
    const answered = await ask(closed, { 'content-type': 'application/json', origin: page })
    for (const response of [asked, answered]) expect(ofCors(response)).toEqual([])
  })
})

describe('a cross-origin request that needs no preflight', () => {
  const create = 'mutation { createApiKey(input: { name: "x", scopes: ["read:keys"] }) { secret } }'
  const json = JSON.stringify({ query: create })

  it.each([
    ['plain text', 'text/plain', json],
    ['plain text that claims to be JSON', 'text/plain; application/json', json],
    ['plain text of the charset JSON', 'text/plain; charset=application/json', json],
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(create)}`],
    [
      'a form with a file',
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}\r\n--x--\r\n`,
    ],
    ['GraphQL', 'application/graphql', create],
    ['JSON under another name', 'application/x-json', json],
    ['two types', 'application/json, text/plain', json],
    ['no type', '', json],
  ])('is not executed: %s', async (_name, type, body) => {
    const response = await send(app, '/graphql', {
      method: 'POST',
      body: new TextEncoder().encode(body),
      headers: {
        authorization: `Bearer ${jwt}`,
        ...(type !== '' && { 'content-type': type }),
      },
    })
    expect(response.status).toBe(415)
    expect(response.headers.get('accept-post')).toBe('application/json')
  })

  it('is not executed: a mutation by GET', async () => {
    const query = encodeURIComponent(create)
    const response = await send(app, `/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${jwt}` },
    })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  it.each(['application/json', 'Application/JSON; charset=utf-8'])(
    'is not %s, which is executed',
    async (type) => {
      const response = await ask(
        app,
        { authorization: `Bearer ${jwt}`, 'content-type': type },
        '{"query":"{ viewer { subject } }"}',
      )
      expect(await response.json()).toEqual({ data: { viewer: { subject: 'alice' } } })
    },
  )

  it('created no key', async () => {
    expect(await app.sql`select 1 from latchkey.api_keys`).toHaveLength(0)
  })
})

describe('every answer', () => {
  it.each([
    ['of data', '/graphql?query={__typename}', {}],
    ['of a refusal', '/graphql?query={me{id}}', {}],
    ['of a media type that is not read', '/graphql', { method: 'POST' }],
    ['of a method', '/graphql', { method: 'DELETE' }],
    ['of the SDL', '/schema.graphql', {}],
    ['of health', '/healthz', {}],
    ['of nothing', '/nowhere', {}],
    ['of what browsers would show as a page', '/graphql', { headers: { accept: 'text/html' } }],
  ])('%s can neither be framed, run nor sniffed', async (_name, path, init) => {
    const { headers } = await send(closed, path, init)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(headers.get('content-type') ?? '').not.toMatch(/html/)
  })
})

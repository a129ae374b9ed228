import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const page = 'http://latchkey.test/graphql'

let database: TestDatabase
let app: TestApp
beforeAll(async () => {
  database = await createTestDatabase()
  app = await createTestApp({ JWT_ISSUER: '', JWT_AUDIENCE: '' }, { database })
})
afterAll(() => app.close())

const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  app.fetch(new Request(url, { method, headers }))
const policyOf = (response: Response) =>
  new Map(
    (response.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ')
      return [name, values.join(' ')]
    }),
  )
/** Returns the URLs that the page names, as they stand there. */
const urlsIn = (html: string) =>
  [...html.matchAll(/(?:src|href|data-[a-z-]+)="([^"]*)"/g)].map(([, url = '']) => url)

describe("GraphiQL's page", () => {
  it('is not for programs, and not for clients that refuse HTML', async () => {
    const types = ['*/*', 'application/json', 'text/html;q=0, application/json']
    for (const accept of types) {
      const response = await get(`${page}?query=%7B__typename%7D`, { accept })
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
    }
  })

  it('has no inline script and names no other origin', async () => {
    const response = await get(page, browser)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('vary')).toContain('Accept')
    const html = await response.text()
    expect(html).not.toMatch(/\/\/|https?:|\son[a-z]+=|javascript:/i)
    for (const [script] of html.matchAll(/<script\b[^>]*>[^<]*<\/script>/g)) {
      expect(script).toMatch(/ src="[^"]+"[^>]*><\/script>$/)
    }
    expect(html).not.toContain('<style')
  })

  it('is answered whatever the query is', async () => {
    const response = await get(`${page}?query=%7B__typename%7D`, browser)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it('allows its own scripts, workers and styles alone, and cannot be framed', async () => {
    const response = await get(page, browser)
    const policy = policyOf(response)
    const [, nonce] = /nonce="([^"]+)"/.exec(await response.text()) ?? []
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': `'self' 'nonce-${nonce}'`,
      'style-src-attr': "'unsafe-inline'",
      'font-src': 'data:',
      'img-src': 'data:',
      'connect-src': "'self'",
      'worker-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(policyOf(await get(page, browser)).get('style-src')).not.toContain(nonce)
  })

  it('names assets that answer, also below the path of a proxy', async () => {
    const urls = urlsIn(await (await get(page, browser)).text()).filter((url) => url !== 'data:,')
    expect(urls).toHaveLength(5)
    for (const url of urls) {
      const behindProxy = new URL(url, 'https://example.com/auth/graphql').pathname
      expect(behindProxy).toMatch(/^\/auth\/graphql\/assets\/[\w.-]+$/)
      const response = await get(`http://latchkey.test${behindProxy.replace('/auth', '')}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe(
        url.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
      )
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(Object.fromEntries(policyOf(response))).toEqual({
        'default-src': "'none'",
        'script-src': "'self'",
      })
    }
  })

  it('is not what a program gets', async () => {
    for (const accept of ['*/*', 'application/json']) {
      const response = await get(`${page}?query=%7B__typename%7D`, { accept })
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
    }
  })
})

describe("GraphiQL's assets", () => {
  const assets = `${page}/assets/`

  it.each([
    ...['', 'none.js', 'index.html', '../index.html', '..%2Findex.html', '%2e%2e%2flicenses.txt'],
    ...['..%5Cindex.html', 'main.js%00', '/etc/passwd', 'toString'],
  ])('are not found under another name: %s', async (name) => {
    const response = await get(assets + name)
    expect(response.status).toBe(404)
    expect(response.headers.get('cache-control') ?? '').not.toContain('immutable')
  })

  it('are compressed for browsers that accept Brotli', async () => {
    const html = await (await get(page, browser)).text()
    for (const name of urlsIn(html).filter((url) => url !== 'data:,')) {
      const url = new URL(name, page).href
      const [plain, compressed] = [
        await get(url),
        await get(url, { 'accept-encoding': 'gzip, br' }),
      ]
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(compressed.headers.get('content-encoding')).toBe('br')
      const content = brotliDecompressSync(Buffer.from(await compressed.arrayBuffer()))
      expect(content.equals(Buffer.from(await plain.arrayBuffer()))).toBe(true)
    }
  })

  it('are answered to GET and HEAD', async () => {
    const [name = ''] = urlsIn(await (await get(page, browser)).text()).filter((url) =>
      url.endsWith('.js'),
    )
    const url = new URL(name, page).href
    expect((await get(url, {}, 'HEAD')).status).toBe(200)
    expect((await get(url, {}, 'POST')).status).toBe(405)
  })
})

describe('outside development', () => {
  it('the page exists with GRAPHIQL alone, and shows nothing without a session', async () => {
    const inDevelopment = await (await get(page, browser)).text()
    expect(inDevelopment).toContain('name="access" content="everyone"')
    expect(inDevelopment).toContain('name="endpoint" content="/graphql"')
    const environment = { GRAPHIQL: 'true', PUBLIC_URL: 'https://example.com/auth' }
    const open = await createTestApp(environment, { database })
    try {
      const response = await open.fetch(new Request(page, { headers: browser }))
      const html = await response.text()
      expect(html).toContain('name="access" content="session"')
      expect(html).toContain('name="endpoint" content="/auth/graphql"')
      expect(response.headers.get('cache-control')).toBe('no-store')
      for (const url of urlsIn(html).filter((name) => name !== 'data:,')) {
        expect((await open.fetch(new Request(new URL(url, page)))).status).toBe(200)
      }
    } finally {
      await open.close()
    }
  })

  let production: TestApp
  beforeAll(async () => {
    production = await createTestApp({}, { database })
  })
  afterAll(() => production.close())

  it('neither the page nor its assets exist', async () => {
    const names = urlsIn(await (await get(page, browser)).text())
    for (const name of names.filter((url) => url !== 'data:,')) {
      const { status } = await production.fetch(new Request(new URL(name, page)))
      expect(status).toBe(404)
    }
    const response = await production.fetch(new Request(page, { headers: browser }))
    expect(response.headers.get('content-type')).not.toContain('text/html')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebClient } from '../support/web-client.ts'
import { type PageServer, startPageServer } from './page-server.ts'

const sessionCookie = '__Host-latchkey-session'
const signInCookie = '__Host-latchkey-sign-in'
const whoAmI = { query: '{ viewer { user { subject } } }' }

let server: PageServer
let client: WebClient
beforeAll(async () => {
  server = await startPageServer({ TRUSTED_PROXIES: '127.0.0.1', GRAPHIQL: 'true' })
})
afterAll(() => server.close())
beforeEach(() => {
  client = new WebClient()
  server.provider.person = 'ada'
})

async function signedIn(person = 'ada', as = client): Promise<WebClient> {
  server.provider.person = person
  // The provider keeps its own session, which would sign the same person in again.
  as.cookies(server.provider.issuer).clear()
  await as.open(`${server.page}/sign-in`)
  return as
}

async function subjectOf(
  as: WebClient,
  headers: Record<string, string> = {},
  url = `${server.page}/graphql`,
): Promise<string | null> {
  const { body } = await as.post(url, whoAmI, headers)
  return body.data?.viewer?.user.subject ?? null
}

const rows = async () =>
  Number((await server.app.sql`select count(*) from latchkey.page_sessions`)[0]?.count)

describe('requests of other sites', () => {
  it.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['of a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['typed by the person', { 'sec-fetch-site': 'none' }],
    ['of another type', { 'content-type': 'text/plain' }],
  ])('have no session (%s)', async (_name, headers) => {
    await signedIn()
    expect(await subjectOf(client, headers)).toBeNull()
    expect(await subjectOf(client, headers, `${server.url}/graphql`)).toBeNull()
    for (const path of ['session', 'sign-out', 'sessions', 'sessions/end']) {
      const { status } = await client.post(`${server.page}/${path}`, {}, headers)
      expect([403, 415]).toContain(status)
    }
    expect(await subjectOf(client)).toBe('ada')
  })

  it('count by Origin where a browser sends no Sec-Fetch-Site', async () => {
    await signedIn()
    const cookie = `${sessionCookie}=${client.cookies(server.url).get(sessionCookie)?.value}`
    const ask = async (origin: string) => {
      const response = await fetch(`${server.page}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie, origin },
        body: JSON.stringify(whoAmI),
      })
      return ((await response.json()) as { data: { viewer: unknown } }).data.viewer
    }
    expect(await ask(server.url)).not.toBeNull()
    expect(await ask('https://evil.example')).toBeNull()
    expect(await ask('null')).toBeNull()
  })

  it('cannot sign a browser in with the code of somebody else', async () => {
    const attacker = new WebClient()
    const { url } = await attacker.open(`${server.page}/sign-in`, { stopAt: /\/keys\/callback/ })
    // The victim follows a link to the callback, without a sign-in of its own, and then with another one.
    const first = await client.open(url, { isCrossSite: true })
    expect(first.url).toBe(`${server.page}/sign-in?error=expired`)
    await client.open(`${server.page}/sign-in`, { stopAt: /\/auth\?/ })
    const second = await client.open(url, { isCrossSite: true })
    expect(second.url).toBe(`${server.page}/sign-in?error=expired`)
    expect(client.cookies(server.url).has(sessionCookie)).toBe(false)
  })
})

describe('the cookie', () => {
  it('is replaced at each sign-in, and the earlier session ends', async () => {
    await signedIn()
    const first = client.cookies(server.url).get(sessionCookie)
    const before = await rows()
    await signedIn()
    expect(client.cookies(server.url).get(sessionCookie)?.value).not.toBe(first?.value)
    expect(await rows()).toBe(before)
    const thief = new WebClient()
    if (first !== undefined) thief.cookies(server.url).set(sessionCookie, first)
    expect(await subjectOf(thief)).toBeNull()
  })

  it('is made by the server: one that was set before the sign-in is no session', async () => {
    client.cookies(server.url).set(sessionCookie, { value: 'A'.repeat(43), attributes: '' })
    await signedIn()
    const { value } = client.cookies(server.url).get(sessionCookie) ?? {}
    expect(value).toMatch(/^[\w-]{43}$/)
    expect(value).not.toBe('A'.repeat(43))
  })

  it('counts under its name with __Host- only, which a sibling domain cannot set', async () => {
    await signedIn()
    const session = client.cookies(server.url).get(sessionCookie)
    const other = new WebClient()
    if (session !== undefined) other.cookies(server.url).set('latchkey-session', session)
    expect(await subjectOf(other)).toBeNull()
    // Two cookies of one name come from two hosts.
    expect(
      await subjectOf(new WebClient(), {
        cookie: `${sessionCookie}=${session?.value}; ${sessionCookie}=${'B'.repeat(43)}`,
      }),
    ).toBeNull()
  })

  it.each(['\u00a0', '\u0085', '\u00ad'])(
    'counts without any other character before its name (%j), for which browsers do not know __Host-',
    async (character) => {
      await signedIn()
      const session = client.cookies(server.url).get(sessionCookie)
      const tossed = `${character}${sessionCookie}=${session?.value}`
      const other = new WebClient()
      expect(await subjectOf(other, { cookie: `a=b; ${tossed}` })).toBeNull()
      expect(await subjectOf(other, { cookie: tossed })).toBeNull()
      expect(await subjectOf(other, { cookie: `${tossed}; \t${tossed.slice(1)}` })).toBe('ada')
    },
  )

  it('is worth nothing after the sign-out', async () => {
    await signedIn()
    const stolen = client.cookies(server.url).get(sessionCookie)
    const { body } = await client.post(`${server.page}/sign-out`)
    expect(client.cookies(server.url).has(sessionCookie)).toBe(false)
    expect(JSON.stringify(body)).not.toContain('eyJ')
    const { visited } = await client.open(new URL(body.location, server.url).href)
    expect(visited[1]).toContain(`${server.provider.issuer}/session/end?`)
    expect(visited[1]).toContain('id_token_hint=')
    if (stolen !== undefined) client.cookies(server.url).set(sessionCookie, stolen)
    expect(await subjectOf(client)).toBeNull()
  })

  it('is no credential for forward auth and token introspection', async () => {
    await signedIn()
    const cookie = `${sessionCookie}=${client.cookies(server.url).get(sessionCookie)?.value}`
    const headers = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    for (const path of ['/auth/verify', '/oauth2/introspect']) {
      const init = { method: 'POST', headers, body: '{}' }
      const { status } = await fetch(server.url + path, init)
      expect([401, 415]).toContain(status)
    }
  })

  it('is not read beside another credential', async () => {
    await signedIn()
    const jwt = { authorization: 'Bearer not.a.token' }
    const { status } = await client.post(`${server.page}/graphql`, whoAmI, jwt)
    expect(status).toBe(401)
  })

  it('of a tab counts for the session that the tab shows', async () => {
    await signedIn('ada')
    const { body } = await client.post(`${server.page}/session`)
    const shown = { 'x-latchkey-session': body.session.id }
    expect(await subjectOf(client, shown)).toBe('ada')
    await signedIn('grace')
    expect(await subjectOf(client, shown)).toBeNull()
    expect(await subjectOf(client)).toBe('grace')
  })
})

it('a sender of many made-up cookies gets 429, but not for a good one', async () => {
  await signedIn()
  const from = { 'x-forwarded-for': '192.0.2.7' }
  const guess = (n: number, path: string) => {
    const cookie = `${sessionCookie}=${String(n).padStart(43, 'A')}`
    return new WebClient().post(server.url + path, whoAmI, { ...from, cookie })
  }
  for (let n = 0; n < 20; n++) expect((await guess(n, '/keys/graphql')).status).toBe(200)
  for (const [n, path] of ['/keys/graphql', '/graphql', '/keys/session'].entries()) {
    const { status, headers } = await guess(20 + n, path)
    expect([path, status]).toEqual([path, 429])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(await subjectOf(client, from)).toBe('ada')
  expect((await guess(30, '/keys/sign-out')).status).toBe(200)
})

describe('return_to', () => {
  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/../../evil',
    '/%2e%2e/%2e%2e/evil',
    '/..//evil.example',
    '\t//evil.example',
    '@evil.example',
    '/callback?code=1',
    '/sign-in',
    'javascript:alert(1)',
    '/graphiql/../../graphql',
  ])('stays below the page (%j)', async (returnTo) => {
    const query = new URLSearchParams({ return_to: returnTo })
    const { url } = await client.open(`${server.page}/sign-in?${query}`)
    const { origin, pathname } = new URL(url)
    expect(origin).toBe(server.url)
    expect(pathname === '/keys' || pathname.startsWith('/keys/')).toBe(true)
    expect(pathname).not.toMatch(/callback|sign-in/)
  })

  it('leads to GraphiQL by its name, also after a sign-in that failed', async () => {
    const link = `${server.page}/sign-in?return_to=graphiql`
    const { url, response } = await client.open(link)
    expect(url).toBe(`${server.url}/graphql`)
    expect(await response.text()).toContain('name="endpoint" content="/graphql"')
    const { url: at } = await client.open(link, { stopAt: /\/auth\?/ })
    const state = new URL(at).searchParams.get('state')
    const denied = await client.open(`${server.page}/callback?error=access_denied&state=${state}`)
    expect(denied.url).toBe(`${server.page}/sign-in?error=denied&return_to=graphiql`)
  })
})

describe('answers', () => {
  it('of the page have headers against framing, leaks and stale copies', async () => {
    const { headers } = await fetch(`${server.page}/new`)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toMatch(/style-src 'self' 'nonce-[\w+/]{22}=='/)
  })

  it('for a person are not stored, and vary by the cookie', async () => {
    await signedIn()
    for (const path of ['/keys/graphql', '/keys/session', '/graphql']) {
      const { headers } = await client.post(server.url + path, whoAmI)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('vary')).toContain('Cookie')
    }
  })

  it('to other origins name no CORS', async () => {
    const { headers } = await fetch(`${server.page}/session`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

it('neither the log nor the table contains a secret', async () => {
  await signedIn()
  const session = client.cookies(server.url).get(sessionCookie)?.value ?? '?'
  await client.post(`${server.page}/graphql`, whoAmI)
  await new WebClient().open(`${server.page}/callback?code=the-code&state=the-state`)
  const log = server.app.logged.join('\n')
  const table = JSON.stringify(await server.app.sql`select * from latchkey.page_sessions`)
  for (const text of [log, table]) {
    for (const secret of [
      session,
      'eyJhbGciOiJFUzI1NiI',
      'the-code',
      'the-secret-of',
      signInCookie,
    ]) {
      expect(text).not.toContain(secret)
    }
  }
})

it('sends the files of the page compressed to browsers that accept Brotli, and lets them keep the files', async () => {
  const html = await (await fetch(server.page)).text()
  const [, name = ''] = /"\.\/(assets\/start-[^"]+\.js)"/.exec(html) ?? []
  const ask = async (coding: string) => {
    const response = await fetch(`${server.page}/${name}`, {
      headers: { 'accept-encoding': coding },
    })
    return { headers: response.headers, text: await response.text() }
  }
  const [plain, compressed] = [await ask('identity'), await ask('gzip, br')]
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(compressed.headers.get('content-encoding')).toBe('br')
  expect(compressed.text).toBe(plain.text)
  for (const { headers } of [plain, compressed]) {
    expect(headers.get('vary')).toBe('Accept-Encoding')
    expect(headers.get('cache-control')).toContain('immutable')
  }
})

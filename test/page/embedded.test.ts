import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServerAdapter } from '@whatwg-node/server'
import { buildSchema } from 'graphql'
import { Hono } from 'hono'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CreateKeysPageOptions, createKeysPage, type KeysPage } from '../../src/page.ts'
import { type ConnectLatchkeyOptions, connectLatchkey, type Latchkey } from '../../src/postgres.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testAudience } from '../support/issuer.ts'
import { startProvider, type TestProvider } from '../support/oidc.ts'
import { WebClient } from '../support/web-client.ts'

const whoAmI = {
  query: '{ viewer { user { subject } credential { kind } scopes } scopes { name } }',
}
const scopes = { 'read:orders': 'Read orders.' }
const sessionKeys = ['a-session-key-of-at-least-32-bytes']

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => database.close())

async function connect(options: Partial<ConnectLatchkeyOptions> = {}) {
  const quiet = { info() {}, warn() {} }
  const all = { url: database.url, scopes, log: quiet, ...options } as ConnectLatchkeyOptions
  const latchkey = await connectLatchkey(all)
  closers.push(() => latchkey.close())
  return latchkey
}

/** Listens first, because the page needs its URL. */
async function reserve() {
  const server: Server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const session = {
  issuer: 'https://shop.example',
  identify: (carrier: { header(name: string): string | null }) => {
    const subject = /shop=(\w+)/.exec(carrier.header('cookie') ?? '')?.[1]
    return subject === undefined
      ? null
      : { subject, scopes: ['read:orders', 'read:keys', 'write:keys'], name: 'Sam of the shop' }
  },
}

/** Creates a page at `/keys` of an application whose own sign-in counts. */
async function createPage(options: Partial<CreateKeysPageOptions> = {}) {
  const latchkey = await connect({ session })
  const url = 'https://shop.example'
  return createKeysPage({ latchkey, path: '/keys', url, signIn: { url: '/in' }, ...options })
}

describe('a page with the sign-in of the application', () => {
  it('knows who is signed in there, and has the schema of Latchkey', async () => {
    const { server, url } = await reserve()
    const path = '/settings/keys'
    const signIn = { url: '/login', signOutUrl: '/logout' }
    const page = await createPage({ path, url, signIn })
    const app = new Hono().all('/settings/keys/*', ({ req }) => page(req.raw))
    server.on('request', createServerAdapter(app.fetch))
    const client = new WebClient()
    const at = `${url}${path}`
    expect((await client.post(`${at}/session`)).body).toEqual({ session: null })
    client.cookies(url).set('shop', { value: 'sam', attributes: '' })
    expect((await client.post(`${at}/session`)).body.session).toEqual({
      id: null,
      issuer: 'https://shop.example',
      subject: 'sam',
      name: 'Sam of the shop',
      email: null,
      expiresAt: null,
    })
    const { body } = await client.post(`${at}/graphql`, whoAmI)
    expect(body.data.viewer).toEqual({
      user: { subject: 'sam' },
      credential: { kind: 'SESSION' },
      scopes: ['read:keys', 'read:orders', 'write:keys'],
    })
    expect(body.data.scopes).toContainEqual({ name: 'read:orders' })
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    expect((await client.post(`${at}/session`, {}, foreign)).body.session).toBeNull()
    expect((await client.post(`${at}/sign-out`)).body).toEqual({ location: '/logout' })
    expect((await client.post(`${at}/sessions`)).body).toEqual({ sessions: [] })
  })

  it('has the title of the application, as text', async () => {
    const page = await createPage({ title: '</script><b>Shop {nonce}' })
    const html = await (await page(new Request('https://shop.example/keys'))).text()
    expect(html).toContain('&lt;/script>&lt;b>Shop {nonce}')
    expect(html).toContain('"title":"\\u003c/script>\\u003cb>Shop {nonce}"')
    expect(html).not.toContain('<b>Shop')
  })

  it('knows the scopes of the operations and fields of the application', async () => {
    const schema = buildSchema(`
      directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
      type Query { orders: [String!]! @requiresScopes(scopes: [["read:orders"]]) }`)
    const page = await createPage({ schema })
    const query =
      '{ scopes { name fields } requiredScopes(document: "{ orders }") { scopes missing fields { coordinate } } }'
    const response = await page(
      new Request('https://shop.example/keys/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'sec-fetch-site': 'same-origin',
          cookie: 'shop=sam',
        },
        body: JSON.stringify({ query }),
      }),
    )
    const { data } = await response.json()
    expect(data.requiredScopes).toEqual({
      scopes: [['read:orders']],
      missing: [],
      fields: [{ coordinate: 'Query.orders' }],
    })
    expect(data.scopes).toContainEqual({ name: 'read:orders', fields: ['Query.orders'] })
    expect(data.scopes).toContainEqual({ name: 'read:users', fields: [] })
    const shells = [page, await createPage()].map(async (each) =>
      (await each(new Request('https://shop.example/keys'))).text(),
    )
    const [described = '', other = ''] = await Promise.all(shells)
    expect(described).toContain('"operations":true')
    expect(other).toContain('"operations":false')
    const wrong = createPage({ schema: {} as typeof schema })
    await expect(wrong).rejects.toThrow('`schema` must be a GraphQLSchema')
  })

  it('serves its shell at its path', async () => {
    const path = '/settings/keys'
    const page = await createPage({ path, url: 'https://shop.example/base' })
    const response = await page(new Request('http://inside/settings/keys/new'))
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    const html = await response.text()
    expect(html).toContain('<base href="/base/settings/keys/">')
    expect(html).toContain('"signIn":{"kind":"application","url":"/in","signOutUrl":null}')
    expect((await page(new Request('http://inside/settings/keysnot'))).status).toBe(404)
  })
})

describe('a page with the sign-in at an issuer', () => {
  let provider: TestProvider
  let page: KeysPage
  let url: string

  async function start() {
    const { server, url: own } = await reserve()
    url = own
    provider = await startProvider([`${url}/keys/callback`])
    closers.push(() => provider.close())
    const latchkey = await connect({
      session,
      issuers: [{ issuer: provider.issuer, audience: testAudience }],
    })
    page = createKeysPage({
      latchkey,
      path: '/keys',
      url,
      signIn: {
        clientId: 'page',
        clientSecret: 'the-secret-of-the-client',
        scopes: ['openid', 'read:keys', 'write:keys'],
        resource: testAudience,
        sessionKeys,
      },
    })
    server.on('request', createServerAdapter(page))
  }

  it('has sessions of its own, and not those of the application', async () => {
    await start()
    const client = new WebClient()
    client.cookies(url).set('shop', { value: 'sam', attributes: '' })
    const viewer = { query: '{ viewer { user { subject } } }' }
    expect((await client.post(`${url}/keys/graphql`, viewer)).body.data.viewer).toBeNull()
    expect((await client.post(`${url}/keys/graphql`, whoAmI)).status).toBe(401)
    const { url: arrived } = await client.open(`${url}/keys/sign-in?return_to=/new`)
    expect(arrived).toBe(`${url}/keys/new`)
    expect(client.cookies(url).get('latchkey-session')?.attributes).toContain('SameSite=Strict')
    const { body } = await client.post(`${url}/keys/graphql`, whoAmI)
    expect(body.data.viewer).toEqual({
      user: { subject: 'ada' },
      credential: { kind: 'JWT' },
      scopes: ['read:keys', 'write:keys'],
    })
    const { body: list } = await client.post(`${url}/keys/sessions`)
    expect(list.sessions).toHaveLength(1)
    await client.post(`${url}/keys/sign-out`)
    expect((await client.post(`${url}/keys/session`)).body.session).toBeNull()
  })
})

describe('createKeysPage', () => {
  let latchkey: Latchkey
  beforeAll(async () => {
    const issuer = 'https://id.example'
    latchkey = await connectLatchkey({
      url: database.url,
      scopes,
      issuers: [{ issuer, audience: 'a', jwksUri: 'https://id.example/keys' }],
      log: { info() {}, warn() {} },
    })
  })
  afterAll(() => latchkey.close())

  it.each([
    [{ path: '/keys/' }, '`path` must be a path such as `/settings/keys`'],
    [{ path: '/' }, '`path` must be a path'],
    [{ path: '/..' }, '`path` must be a path'],
    [{ path: '/a/./b' }, '`path` must be a path'],
    [{ url: 'https://shop.example//evil.example' }, '`url` must be the https URL'],
    [{ graphqlUrl: 'javascript:alert(1)' }, '`graphqlUrl` must be an http URL'],
    [{ signIn: { url: '/\\evil.example' } }, '`signIn.url` must be an http URL, or a path'],
    [{ signIn: { url: '/in', signOutUrl: '/\t/evil.example' } }, '`signIn.signOutUrl` must be'],
    [{ url: 'http://shop.example' }, '`url` must be the https URL of your application'],
    [{ url: 'shop' }, '`url` must be the https URL'],
    [{ title: ' ' }, '`title` must be a text of 1 to 60 characters'],
    [{ title: 'a\nb' }, '`title` must be a text of 1 to 60 characters'],
    [{ paths: '/x' }, 'there is no option `paths`'],
    [{ signIn: undefined }, '`signIn` must be `{ url }`'],
    [{ signIn: { url: 'javascript:alert(1)' } }, '`signIn.url` must be an http URL, or a path'],
    [{ signIn: { url: '//evil.example' } }, '`signIn.url` must be an http URL, or a path'],
    [{ signIn: { url: '/login' } }, 'needs `session` in the options of `connectLatchkey`'],
    [{ signIn: { clientId: '', sessionKeys } }, '`signIn.clientId` must be a text'],
    [{ signIn: { clientId: 'x', sessionKeys: ['short'] } }, '`signIn.sessionKeys` must be'],
    [{ signIn: { clientId: 'x', sessionKeys, scopes: ['read:keys'] } }, 'with `openid`'],
    [{ signIn: { clientId: 'x', sessionKeys, issuer: 'https://x.example' } }, 'must be one of the'],
    [{ signIn: { clientId: 'x', sessionKeys, key: 1 } }, 'there is no option `signIn.key`'],
  ])('refuses wrong options (%j)', (wrong, message) => {
    const options = {
      latchkey,
      path: '/keys',
      url: 'https://shop.example',
      signIn: { clientId: 'x', sessionKeys },
      ...wrong,
    }
    expect(() => createKeysPage(options as Parameters<typeof createKeysPage>[0])).toThrow(message)
  })

  it('refuses what is not connected', () => {
    const options = {
      latchkey: {},
      path: '/keys',
      url: 'https://shop.example',
      signIn: { url: '/' },
    }
    expect(() => createKeysPage(options as never)).toThrow('`latchkey` must be what')
  })
})

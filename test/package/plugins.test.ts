import { randomBytes } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { frameworkFolder, runExample } from './frameworks.ts'
import { oldestAndNewest } from './installed.ts'

/* Response caches, batches, persisted operations, @defer, @stream, uploads and imported keys, with the real plugins. */

const cwd = frameworkFolder()
let issuer: TestIssuer
beforeAll(async () => {
  cpSync(fileURLToPath(new URL('plugins.mjs', import.meta.url)), join(cwd, 'plugins.mjs'))
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })

describe.each(oldestAndNewest)('on Node $version', (node) => {
  let database: TestDatabase
  let api: Awaited<ReturnType<typeof runExample>>
  beforeAll(async () => {
    database = await createEmptyDatabase()
    const env = { DATABASE_URL: database.url, JWT_ISSUER: issuer.issuer }
    api = await runExample(node, 'plugins.mjs', { cwd, env })
  })
  afterAll(async () => {
    api.stop()
    await database.close()
  })

  async function send(path: string, body: BodyInit, headers: Record<string, string> = {}) {
    const response = await fetch(`${api.url}${path}`, { method: 'POST', headers, body })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    // biome-ignore lint/suspicious/noExplicitAny: each test expects its own shape
    const parsed: any = isJson ? JSON.parse(text) : null
    return { status: response.status, headers: response.headers, text, body: parsed }
  }
  const json = { 'content-type': 'application/json', accept: 'application/json' }
  const ask = (path: string, query: string, headers: Record<string, string> = {}) =>
    send(path, JSON.stringify({ query }), { ...json, ...headers })
  async function operate(service: string, method: string, input: object) {
    const { status, text } = await send('/', JSON.stringify([service, method, input]))
    expect(status, text).toBe(200)
    return JSON.parse(text)
  }

  let people = 0
  /** A user with a key and a JWT of the same scopes. */
  async function person(scopes: readonly string[] = ['read:orders', 'read:files']) {
    people += 1
    const subject = `person-${people}`
    const { id: userId } = await operate('users', 'create', { subject, scopes })
    const { key, secret } = await operate('keys', 'create', { ownerId: userId, name: 'CI', scopes })
    const jwt = await issuer.sign({ sub: subject, scope: scopes.join(' ') })
    return { subject, userId, keyId: key.id, secret, jwt }
  }

  it.each(['/yoga-cache/first', '/yoga-cache/last', '/envelop-cache/first', '/envelop-cache/last'])(
    'a response cache answers each caller from its own entries: %s',
    async (path) => {
      const [ann, bob] = [await person(), await person()]
      const orders = (headers?: Record<string, string>) => ask(path, '{ orders }', headers)
      for (let n = 0; n < 2; n += 1) {
        for (const { subject, secret, jwt } of [ann, bob]) {
          for (const headers of [bearer(jwt), bearer(secret), { 'x-api-key': secret }]) {
            expect((await orders(headers)).body.data).toEqual({
              orders: [`an order of ${subject}`],
            })
          }
        }
        expect((await orders()).status).toBe(401)
        expect((await ask(path, '{ hello }')).body).toEqual({ data: { hello: 'Hello' } })
      }
      const key = { 'x-api-key': ann.secret }
      const etag = (await orders(key)).headers.get('etag')
      const conditional = { 'if-none-match': etag ?? 'none' }
      expect(etag !== null).toBe(path.startsWith('/yoga'))
      if (etag !== null) expect((await orders({ ...key, ...conditional })).status).toBe(304)
      expect((await orders({ ...bearer(bob.jwt), ...conditional })).status).toBe(200)
      expect((await orders(conditional)).status).toBe(401)

      await operate('users', 'setScopes', { userId: ann.userId, scopes: ['read:files'] })
      expect((await orders({ ...key, ...conditional })).status).toBe(403)
      await operate('keys', 'revoke', { id: ann.keyId })
      expect((await orders({ ...key, ...conditional })).status).toBe(401)
      expect((await orders(bearer(bob.secret))).status).toBe(200)
    },
  )

  it('a response cache without `principalKey` answers 500', async () => {
    const [ann, bob] = [await person(), await person()]
    expect((await ask('/careless', '{ orders }', bearer(ann.jwt))).status).toBe(200)
    const { status, body } = await ask('/careless', '{ orders }', bearer(bob.secret))
    expect([status, body.data ?? null]).toEqual([500, null])
  })

  it('batches and persisted operations are decided as single operations are', async () => {
    const { secret, subject } = await person(['read:orders'])
    const { secret: narrow } = await person(['read:files'])
    const batch = JSON.stringify([{ query: '{ hello }' }, { query: '{ orders }' }])
    const orders = [`an order of ${subject}`]
    const both = await send('/others', batch, { ...json, ...bearer(secret) })
    expect(both.body).toEqual([{ data: { hello: 'Hello' } }, { data: { orders } }])
    const [first, second] = (await send('/others', batch, { ...json, ...bearer(narrow) })).body
    expect(first).toEqual({ data: { hello: 'Hello' } })
    expect(second.errors[0].extensions.missingScopes).toEqual(['read:orders'])

    const persisted = JSON.stringify({
      extensions: { persistedQuery: { version: 1, sha256Hash: 'orders' } },
    })
    const run = (headers: Record<string, string>) =>
      send('/others', persisted, { ...json, ...headers })
    expect((await run(bearer(secret))).body).toEqual({ data: { hello: 'Hello', orders } })
    expect((await run(bearer(narrow))).status).toBe(403)
    expect((await run({})).status).toBe(401)
    expect((await run(bearer('wrong'))).status).toBe(401)
  })

  it('@defer, @stream and uploads are decided as a whole', async () => {
    const { secret, subject } = await person(['read:orders'])
    const { secret: writer } = await person(['write:files'])
    const accept = { ...json, accept: 'multipart/mixed, application/json' }
    for (const query of [
      '{ hello ... @defer { orders } }',
      '{ orders @stream(initialCount: 0) }',
    ]) {
      const run = (headers: Record<string, string>) =>
        send('/others', JSON.stringify({ query }), { ...accept, ...headers })
      expect((await run(bearer(secret))).text).toContain(`an order of ${subject}`)
      const denied = await run(bearer(writer))
      expect([denied.status, denied.text.includes('Hello')]).toEqual([403, false])
      expect((await run({})).status).toBe(401)
    }

    const upload = (headers: Record<string, string>) => {
      const form = new FormData()
      const query = 'mutation ($file: File!) { upload(file: $file) }'
      form.set('operations', JSON.stringify({ query, variables: { file: null } }))
      form.set('map', JSON.stringify({ 0: ['variables.file'] }))
      form.set('0', new File(['content'], 'a.txt', { type: 'text/plain' }))
      return send('/others', form, headers)
    }
    expect((await upload(bearer(writer))).text).toContain('a.txt: content')
    expect((await upload(bearer(secret))).status).toBe(403)
    expect((await upload({})).status).toBe(401)
  })

  it('keys of other systems work after their import, and only with their form', async () => {
    const { userId: ownerId, subject } = await person()
    const usual = { ownerId, name: 'Old', scopes: ['read:orders'], expiresAt: inDays(90) }
    const handMade = `sk_live_${randomBytes(30).toString('base64url')}`
    const betterAuth = Array.from(randomBytes(64), (byte) => 'abcdefgh'[byte % 8]).join('')
    for (const [key, form] of [
      [handMade, { prefix: 'sk_live_', length: 48 }],
      [betterAuth, { prefix: '', length: 64 }],
    ] as const) {
      const me = () => ask('/others', '{ me }', bearer(key))
      expect((await me()).status).toBe(401)
      const { keys } = await operate('keys', 'import', { form, keys: [{ ...usual, key }] })
      expect((await me()).body).toEqual({ data: { me: subject } })
      expect((await ask('/others', '{ me }', { 'x-api-key': key })).body.data.me).toBe(subject)
      const { secret } = await operate('keys', 'rotate', { id: keys[0].id })
      expect(secret).toMatch(/^lk_/)
      expect((await ask('/others', '{ me }', bearer(secret))).body.data.me).toBe(subject)
      expect((await ask('/others', '{ me }', bearer(`${key}a`))).status).toBe(401)
    }
  })
})

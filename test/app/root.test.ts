import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

describe.each([
  ['in development', { JWT_ISSUER: '', JWT_AUDIENCE: '' }, '/keys'],
  ['with an issuer', {}, '/keys'],
  ['below a path', { PUBLIC_URL: 'https://example.com/latchkey' }, '/latchkey/keys'],
])('GET / %s', (_mode, environment, page) => {
  let database: TestDatabase
  let app: TestApp
  beforeAll(async () => {
    database = await createTestDatabase()
    app = await createTestApp(environment, { database })
  })
  afterAll(() => app.close())

  const get = (accept: string | null, method = 'GET') =>
    app.fetch(
      new Request('http://latchkey.test/', {
        method,
        headers: accept === null ? {} : { accept },
      }),
    )

  it('redirects a browser to the keys page', async () => {
    const response = await get(browser)
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(page)
    expect(response.headers.get('vary')).toBe('Accept')
  })

  it.each(['text/html', 'Text/HTML', 'application/json, text/html;level=1;q=0.1'])(
    'redirects whoever accepts HTML (%j)',
    async (accept) => {
      expect((await get(accept)).status).toBe(303)
    },
  )

  it.each([
    ...['*/*', 'application/json', null],
    ...['text/html;q=0, */*', 'text/html; Q=0.000, application/json', 'text/html5'],
  ])('answers a program with the paths (%j)', async (accept) => {
    const response = await get(accept)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    const { paths } = await response.json()
    expect(paths).toMatchObject({ graphql: '/graphql', keys: '/keys', ready: '/readyz' })
    for (const path of Object.values<string>(paths)) {
      const { status } = await app.fetch(new Request(`http://latchkey.test${path}`))
      expect(status).not.toBe(404)
    }
  })

  it('answers no other method', async () => {
    expect((await get('*/*', 'POST')).status).toBe(405)
  })
})

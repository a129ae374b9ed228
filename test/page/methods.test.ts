import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

const paths = [
  ...['', '/', '/new', '/4fQ1Zs0bKx8TtYv2', '/admin', '/assets/none.js', '/callback'],
  ...['/sign-in', '/sign-out', '/session', '/sessions', '/sessions/end', '/graphql'],
]

describe.each([
  ['in development', { JWT_ISSUER: '', JWT_AUDIENCE: '' }],
  ['with a sign-in at the issuer', { OIDC_CLIENT_ID: 'page' }],
])('below the keys page %s', (_mode, environment) => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp(environment)
  })
  afterAll(() => app.close())

  it.each(paths)('a 405 at %j lists the methods that have an answer', async (path) => {
    const ask = (method: string) =>
      app.fetch(new Request(`http://127.0.0.1:4000/keys${path}`, { method, redirect: 'manual' }))
    const answered: string[] = []
    for (const method of ['GET', 'HEAD', 'POST']) {
      if ((await ask(method)).status !== 405) answered.push(method)
    }
    expect(answered).not.toEqual([])
    for (const method of ['OPTIONS', 'PUT', 'DELETE']) {
      const response = await ask(method)
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')?.split(', ')).toEqual(answered)
    }
    for (const method of ['GET', 'POST'].filter((method) => !answered.includes(method))) {
      expect((await ask(method)).headers.get('allow')?.split(', ')).toEqual(answered)
    }
  })
})

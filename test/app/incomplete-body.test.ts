import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let key: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('gateway', ['introspect:tokens', 'write:keys'])
  key = (await app.key('gateway', ['introspect:tokens'])).secret
})
afterAll(() => app.close())

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

it.each([
  ['/graphql', json, 400],
  ['/oauth2/introspect', form, 400],
  ['/keys/graphql', json, 400],
  ['/keys/sessions/end', json, 400],
  ['/keys/session', json, 400],
])('a body of %s that breaks off is an error of the client', async (path, type, status) => {
  const before = app.logged.length
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"query":')),
    pull: (controller) => controller.error(new Error('aborted')),
  })
  const response = await app.fetch(
    new Request(`http://latchkey.test${path}`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${key}` },
      body,
      duplex: 'half',
    } as RequestInit),
  )
  expect(response.status).toBe(status)
  expect(await response.text()).toContain('a part of the body')
  expect(app.logged.slice(before).join('')).not.toMatch(/"level":"(warn|error)"/)
})

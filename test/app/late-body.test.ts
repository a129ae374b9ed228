import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'

/*
 * A credential is checked before the body is read, and the sender decides when the body arrives. The operation
 * must run with the state of the credential at that later time.
 */

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>

beforeAll(async () => {
  app = await createTestApp()
  server = await listenWith(app)
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const whoAmI = JSON.stringify({ query: '{ viewer { subject } users { totalCount } }' })
const json = 'application/json'

/** Sends the header section, and the body when the returned function is called. */
async function begin(path: string, headers: Record<string, string>) {
  const request = httpRequest({
    host: '127.0.0.1',
    port: server.port,
    path,
    method: 'POST',
    headers,
    agent: false,
  })
  const answered = new Promise<{ status: number; headers: object; body: string }>(
    (resolve, reject) => {
      request.on('error', reject)
      request.on('response', async (response) => {
        let body = ''
        for await (const chunk of response) body += chunk
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    },
  )
  const before = await authenticated()
  request.flushHeaders()
  // By then, its credential was checked, and the body is late.
  await vi.waitFor(async () => expect(await authenticated()).toBe(before + 1), { timeout: 10_000 })
  return (body: string) => {
    request.end(body)
    return answered
  }
}

/** Returns the number of credentials that were authenticated so far. */
async function authenticated(): Promise<number> {
  const metrics = await (await app.fetch(new Request('http://latchkey.test/metrics'))).text()
  const counts = metrics.matchAll(
    /authentications_total\{.*outcome="(?:accepted|refused)".*\} (\d+)/g,
  )
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

describe('a late body', () => {
  it.each([
    ['of a known length', { 'Content-Length': String(whoAmI.length) }],
    ['of an unknown length', { 'Transfer-Encoding': 'chunked' }],
  ])('%s runs no operation with a key that was revoked meanwhile', async (_name, length) => {
    const key = await app.key('alice', ['read:users'])
    const headers = { 'Content-Type': json, Authorization: `Bearer ${key.secret}`, ...length }
    const finish = await begin('/graphql', headers)
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`
    const answer = await finish(whoAmI)
    expect(JSON.parse(answer.body)).toEqual({
      errors: [{ message: 'The API key was revoked.', extensions: { code: 'INVALID_CREDENTIAL' } }],
    })
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') },
    })
  })

  it('runs with the grant that its owner has by then', async () => {
    const user = await app.user('bob', ['read:users', 'write:keys'])
    const jwt = await app.jwt('bob', ['read:users'])
    const headers = { 'Content-Type': json, 'Content-Length': String(whoAmI.length) }
    const finish = await begin('/graphql', { ...headers, Authorization: `Bearer ${jwt}` })
    await app.byHand`update latchkey.users set scopes = '{}' where id = ${user.id}`
    expect(await finish(whoAmI)).toMatchObject({ status: 403 })
  })

  it('is answered if nothing has changed, and counted as one use', async () => {
    const key = await app.key('carol', ['read:users'])
    const before = await authenticated()
    const headers = { 'Content-Type': json, 'Content-Length': String(whoAmI.length) }
    const finish = await begin('/graphql', { ...headers, Authorization: `Bearer ${key.secret}` })
    expect(await finish(whoAmI)).toMatchObject({ status: 200 })
    expect((await authenticated()) - before).toBe(1)
  })

  it('introspects no token for a caller whose key was revoked meanwhile', async () => {
    await app.user('service', ['introspect:tokens', 'write:keys'])
    const key = await app.key('service', ['introspect:tokens'])
    const form = `token=${await app.jwt('alice', ['read:users'])}`
    const finish = await begin('/oauth2/introspect', {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(form.length),
      Authorization: `Bearer ${key.secret}`,
    })
    await app.byHand`update latchkey.api_keys set revoked_at = now() where id = ${key.id}`
    expect(await finish(form)).toMatchObject({ status: 401 })
  })
})

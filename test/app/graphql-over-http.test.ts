import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../src/server/listen.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
let listener: Listener
const credentials = new Map<string, string>()

beforeAll(async () => {
  app = await createTestApp()
  listener = await listen({ host: '127.0.0.1', port: 0, handler: app.fetch })
  credentials.set('a key', (await app.key('alice', ['read:users'])).secret)
  credentials.set('a JWT', await app.jwt('alice', ['read:users']))
})
afterAll(async () => {
  listener.destroy()
  await listener.close()
  await app.close()
})

describe.each(['a key', 'a JWT', 'no credential'])('over a socket with %s', (name) => {
  const audits = serverAudits({
    url: () => `http://127.0.0.1:${listener.port}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers)
      const credential = credentials.get(name)
      if (credential !== undefined) headers.set('authorization', `Bearer ${credential}`)
      return fetch(url, { ...init, headers })
    },
  })

  it('there are all the audits that there should be', () => {
    expect(audits).toHaveLength(61)
  })

  it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn()
      expect(result.status === 'ok' ? 'ok' : result.reason).toBe('ok')
    },
  )
})

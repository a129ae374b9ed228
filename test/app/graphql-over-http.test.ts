import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../src/node/listen.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp
const listeners = new Map<string, Listener>()
const credentials = new Map<string, string>()

beforeAll(async () => {
  app = await createTestApp()
  const socket = { host: '127.0.0.1', port: 0, handler: app.fetch }
  listeners.set('directly', await listen({ ...socket, listener: app.listener }))
  listeners.set('by a Request', await listen(socket))
  credentials.set('a key', (await app.key('alice', ['read:users'])).secret)
  credentials.set('a JWT', await app.jwt('alice', ['read:users']))
})
afterAll(async () => {
  for (const listener of listeners.values()) {
    listener.destroy()
    await listener.close()
  }
  await app.close()
})

const ways = ['directly', 'by a Request'].flatMap((way) =>
  ['a key', 'a JWT', 'no credential'].map((name) => [way, name] as const),
)

describe.each(ways)('answered %s with %s', (way, name) => {
  const audits = serverAudits({
    url: () => `http://127.0.0.1:${listeners.get(way)?.port}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers)
      const credential = credentials.get(name)
      if (credential !== undefined) headers.set('authorization', `Bearer ${credential}`)
      return fetch(url, { ...init, headers })
    },
  })

  it('no audit is missing', () => {
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

import { useDeferStream } from '@graphql-yoga/plugin-defer-stream'
import type { Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startApi, type TestApi } from './api.ts'

describe.each([true, false])('@defer and @stream, with the plugin before: %s', (before) => {
  let api: TestApi
  beforeAll(async () => {
    api = await startApi({ plugins: [useDeferStream() as Plugin], before })
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.resolved.length = 0
  })

  async function send(query: string, headers: Record<string, string> = {}, variables = {}) {
    const response = await api.yoga.fetch('http://yoga.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'multipart/mixed, application/json',
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    })
    return { status: response.status, text: await response.text() }
  }

  const deferred = [
    '{ hello ... @defer { orders } }',
    '{ hello ...F @defer } fragment F on Query { orders }',
    '{ hello ... { ... @defer(label: "x") { orders } } }',
    '{ hello orders @stream(initialCount: 0) }',
    '{ hello ... @defer(if: false) { orders } }',
  ]

  it.each(deferred)('runs nothing of an operation that is denied: %s', async (query) => {
    const denied = await send(query, await api.bearer('other'))
    expect(denied.status).toBe(403)
    expect(denied.text).toContain('"missingScopes":["read:orders"]')
    expect((await send(query)).status).toBe(401)
    expect(api.resolved).toEqual([])
    const allowed = await send(query, await api.bearer('read:orders'))
    expect(allowed.status).toBe(200)
    expect(allowed.text).toContain('one')
  })

  it('counts a variable of a directive as it is', async () => {
    const query = 'query ($no: Boolean!) { hello ... @defer { orders @include(if: $no) } }'
    const headers = await api.bearer('other')
    expect((await send(query, headers, { no: true })).status).toBe(403)
    expect((await send(query, headers, { no: false })).status).toBe(200)
  })

  it('refuses a credential that is not valid', async () => {
    const refused = await send('{ ... @defer { hello } }', { authorization: 'Bearer wrong' })
    expect(refused.status).toBe(401)
    expect(api.resolved).toEqual([])
  })

  it('sends the parts of an anonymous answer', async () => {
    const { text } = await send('{ hello numbers @stream(initialCount: 1) }')
    expect(text).toMatch(/"numbers":\[1\][\s\S]*"items":\[2\]/)
  })

  it.each(['{ missing ... @defer { hello } }', '{ hello ... @defer { missing } }'])(
    'keeps the code of an error in any part: %s',
    async (query) => {
      const { text } = await send(query)
      expect(text).toContain('"code":"NOT_FOUND"')
      expect(text).not.toContain('Unexpected error')
    },
  )

  it('ends when the credential expires between the parts', async () => {
    const { authorization } = await api.bearer('read:orders')
    const real = Date.now
    try {
      const answer = send('{ hello ... @defer { late } }', { authorization })
      await vi.waitFor(() => expect(api.resolved).toContain('late'))
      Date.now = () => real() + 3_600_000
      const { text } = await answer
      expect(text).toContain('INVALID_CREDENTIAL')
      expect(text).not.toContain('"late":"late"')
    } finally {
      Date.now = real
    }
  })
})

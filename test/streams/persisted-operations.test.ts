import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { parse } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from './api.ts'

const operations: Readonly<Record<string, string>> = {
  orders: '{ hello orders }',
  hello: '{ hello }',
}

describe.each([
  ['before', 'a text'],
  ['after', 'a text'],
  ['before', 'a document'],
  ['after', 'a document'],
])('%s usePrincipal, stored as %s', (place, kind) => {
  let api: TestApi
  beforeAll(async () => {
    const plugin = usePersistedOperations({
      skipDocumentValidation: kind === 'a document',
      getPersistedOperation: (id) => {
        const query = operations[id]
        if (query === undefined) return null
        return kind === 'a document' ? parse(query) : query
      },
    }) as Plugin
    api = await startApi({ plugins: [plugin], before: place === 'before' })
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.resolved.length = 0
  })

  async function send(id: string, headers: Record<string, string> = {}) {
    const response = await api.yoga.fetch('http://yoga.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } }),
    })
    return { status: response.status, body: await response.json() }
  }

  it('needs the scopes of its document', async () => {
    expect((await send('orders')).status).toBe(401)
    const denied = await send('orders', await api.bearer('other'))
    expect(denied.status).toBe(403)
    expect(denied.body.errors[0].extensions.missingScopes).toEqual(['read:orders'])
    expect(api.resolved).toEqual([])
    expect((await send('hello')).body).toEqual({ data: { hello: 'Hello' } })
    expect((await send('orders', await api.bearer('read:orders'))).body).toEqual({
      data: { hello: 'Hello', orders: ['one', 'two'] },
    })
  })

  it('is not looked up for a credential that is not valid', async () => {
    expect((await send('hello', { authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await send('unknown')).body.errors[0].extensions.code).toBe(
      'PERSISTED_QUERY_NOT_IN_LIST',
    )
    expect(api.resolved).toEqual([])
  })
})

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startApi, type TestApi } from './api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi({ batching: true })
})
afterAll(() => api.close())
beforeEach(() => {
  api.resolved.length = 0
})

async function send(queries: readonly string[], headers: Record<string, string> = {}) {
  const response = await api.yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(queries.map((query) => ({ query }))),
  })
  return { status: response.status, body: await response.json() }
}

it('authorizes each operation of a batch by itself', async () => {
  const { status, body } = await send(
    ['{ hello }', '{ hello orders }', '{ late }'],
    await api.bearer(''),
  )
  expect(body[0]).toEqual({ data: { hello: 'Hello' } })
  expect(body[1].data ?? null).toBeNull()
  expect(body[1].errors[0].extensions).toMatchObject({
    code: 'FORBIDDEN',
    missingScopes: ['read:orders'],
  })
  expect(body[1].errors[0].extensions).not.toHaveProperty('http')
  expect(body[2]).toEqual({ data: { late: 'late' } })
  expect(status).toBe(200)
  expect([...api.resolved].sort()).toEqual(['hello', 'late'])
})

it('runs a batch whose operations are all allowed', async () => {
  const { status, body } = await send(['{ orders }', '{ hello }'], await api.bearer('read:orders'))
  expect(status).toBe(200)
  expect(body).toEqual([{ data: { orders: ['one', 'two'] } }, { data: { hello: 'Hello' } }])
})

it('denies the guarded operations of an anonymous batch, and refuses a batch as a whole', async () => {
  const { body } = await send(['{ orders }', '{ hello }'])
  expect(body[0].errors[0].extensions.code).toBe('UNAUTHENTICATED')
  expect(body[1]).toEqual({ data: { hello: 'Hello' } })
  const refused = await send(['{ hello }', '{ hello }'], { authorization: 'Bearer wrong' })
  expect(refused.status).toBe(401)
  expect(refused.body.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
  expect(api.resolved).toEqual(['hello'])
})

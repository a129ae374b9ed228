import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp

beforeAll(async () => {
  app = await createTestApp({ DATABASE_SCHEMA: 'shop_auth' })
})
afterAll(async () => {
  await app.close()
})

it('the server migrates and uses the schema that DATABASE_SCHEMA names', async () => {
  const as = await app.issuer.sign({ sub: 'ada', scope: 'read:keys write:keys' })
  const create = `mutation { createApiKey(input: { name: "CI", scopes: ["read:keys"] }) { secret } }`
  const { body } = await app.ask(create, { as })
  const { secret } = body.data.createApiKey
  const viewer = await app.ask('{ viewer { subject } }', { as: secret })
  expect(viewer.body).toEqual({ data: { viewer: { subject: 'ada' } } })
  expect(await app.sql`select subject from shop_auth.users`).toEqual([{ subject: 'ada' }])
  expect(await app.sql`select subject from latchkey.users`).toEqual([])
})

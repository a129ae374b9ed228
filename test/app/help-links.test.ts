import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'

let app: TestApp

beforeAll(async () => {
  app = await createTestApp({ PUBLIC_URL: 'https://api.example' })
})
afterAll(() => app.close())

it('a denied call leads to the form whose scopes permit it, whatever the Host', async () => {
  const call = '{ users { nodes { subject } } apiKeys { nodes { name } } }'
  const as = await app.jwt('ada', ['write:keys'])
  const denied = await app.ask(call, { as, headers: { host: 'evil.example' } })
  expect(denied.status).toBe(403)
  const help = new URL(denied.body.errors[0].extensions.help)
  expect(help.href).toBe('https://api.example/keys/new?scopes=read:keys%20read:users')
  const scopes = help.searchParams.get('scopes')?.split(' ') ?? []
  const key = await app.key('ada', scopes)
  expect((await app.ask(call, { as: key.secret })).status).toBe(200)
})

it('a denied key leads to the form that adds the scopes to it', async () => {
  const { id, secret } = await app.key('ada', ['write:keys'])
  const denied = await app.ask('{ apiKeys { nodes { name } } }', { as: secret })
  const help = new URL(denied.body.errors[0].extensions.help)
  expect(help.href).toBe(`https://api.example/keys/${id}?add=read:keys`)
  const addScopes = help.searchParams.get('add')?.split(' ')
  const owner = await app.jwt('ada', ['read:keys', 'write:keys'])
  const mutation =
    'mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { id } } }'
  const { body } = await app.ask(mutation, { as: owner, variables: { input: { id, addScopes } } })
  expect(body.errors).toBeUndefined()
  expect((await app.ask('{ apiKeys { nodes { name } } }', { as: secret })).status).toBe(200)
})

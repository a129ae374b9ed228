import { graphql } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { guardSchema } from '../../src/index.ts'
import { type Embedded, embed, serve } from '../support/embedded.ts'
import { shopSchema } from './shop-builder.ts'

const pageUrl = 'https://shop.example/keys'
let embedded: Embedded
let ask: ReturnType<typeof serve>
const all = 'read:orders write:orders read:keys write:keys'

beforeAll(async () => {
  embedded = await embed()
  ask = serve(shopSchema(embedded.latchkey), embedded)
})
afterAll(() => embedded.close())

async function helpOf(credential: string, operation: string): Promise<URL> {
  const { errors } = await ask(credential, operation)
  expect(errors).toHaveLength(1)
  expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  return new URL(String(errors?.[0]?.extensions?.help))
}

async function createKey(scopes: readonly string[]) {
  const { data } = await ask(
    await embedded.issuer.sign({ scope: all }),
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }',
    { input: { name: 'CI', scopes } },
  )
  return data.createApiKey as { secret: string; apiKey: { id: string } }
}

it('no link is shown before the page exists', async () => {
  const { errors } = await ask(await embedded.issuer.sign({ scope: 'read:keys' }), '{ orders }')
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
  expect(errors?.[0]?.extensions).not.toHaveProperty('help')
  embedded.latchkey.authenticator.offerHelp(pageUrl)
})

it('a denied JWT leads to a new key, with which the same call succeeds', async () => {
  const jwt = await embedded.issuer.sign({ scope: 'write:keys' })
  const call = '{ orders apiKeys { nodes { name } } }'
  const help = await helpOf(jwt, call)
  expect(help.href).toBe(`${pageUrl}/new?scopes=read:keys%20read:orders`)
  const { secret } = await createKey(help.searchParams.get('scopes')?.split(' ') ?? [])
  expect((await ask(secret, call)).errors).toBeUndefined()
})

it('a denied key leads to itself, and succeeds once the scopes are added', async () => {
  const { secret, apiKey } = await createKey(['write:orders'])
  const help = await helpOf(secret, '{ orders }')
  expect(help.href).toBe(`${pageUrl}/${apiKey.id}?add=read:orders`)
  const { errors } = await ask(
    await embedded.issuer.sign({ scope: all }),
    'mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { id } } }',
    { input: { id: apiKey.id, addScopes: help.searchParams.get('add')?.split(' ') } },
  )
  expect(errors).toBeUndefined()
  expect(await ask(secret, '{ orders }')).toEqual({ data: { orders: ['one', 'two'] } })
})

it('an anonymous caller gets no link', async () => {
  const { errors } = await ask(null, '{ orders }')
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(errors?.[0]?.extensions).not.toHaveProperty('help')
})

it('guardSchema shows the link too', async () => {
  const { authenticator } = embedded.latchkey
  const jwt = await embedded.issuer.sign({ scope: 'read:keys' })
  const outcome = await authenticator.authenticate({
    header: (name) => (name === 'authorization' ? `Bearer ${jwt}` : null),
    queryParameters: () => [],
  })
  const principal = outcome.kind === 'authenticated' ? outcome.principal : null
  const schema = guardSchema(shopSchema(embedded.latchkey), {
    authenticator,
    principalOf: () => principal,
  })
  const { errors } = await graphql({ schema, source: '{ orders }', contextValue: { principal } })
  expect(errors?.[0]?.extensions?.help).toBe(`${pageUrl}/new?scopes=read:orders`)
})

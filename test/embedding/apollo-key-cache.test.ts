import { readFile } from 'node:fs/promises'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import responseCache from '@apollo/server-plugin-response-cache'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Latchkey } from '../../src/embedding/latchkey.ts'
import { apolloGuardPlugin, createGuard, guardSchema } from '../../src/index.ts'
import { connectLatchkey } from '../../src/postgres.ts'
import { keyManagement } from '../../src/sdl.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

interface Context {
  readonly request: Request
}

let database: TestDatabase
let latchkey: Latchkey
let apollo: ApolloServer<Context>

beforeAll(async () => {
  database = await createEmptyDatabase()
  latchkey = await connectLatchkey({
    url: database.url,
    scopes: {},
    session: {
      issuer: 'https://shop.example',
      identify: () => ({ subject: 'ada', scopes: ['read:keys', 'write:keys'] }),
    },
  })
  const guard = createGuard(latchkey)
  const principalOf = ({ request }: Context) => guard.authenticate(request)
  const keys = keyManagement({ latchkey, principalOf })
  const document = await readFile(new URL('../../docs/caches.md', import.meta.url), 'utf8')
  const [, uncached = ''] = /```graphql\n(.*?)```/s.exec(document) ?? []
  const schema = makeExecutableSchema({
    typeDefs: ['type Query { time: Float! @public }', keys.typeDefs, uncached],
    resolvers: [{ Query: { time: () => performance.now() } }, keys.resolvers],
  })
  const guardPlugin = apolloGuardPlugin()
  apollo = new ApolloServer<Context>({
    schema: guardSchema(schema, { principalOf, authenticator: latchkey.authenticator }),
    plugins: [
      guardPlugin,
      ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
      responseCache({ ...guardPlugin.cacheOptions }),
    ],
  })
  await apollo.start()
})
afterAll(async () => {
  await apollo.stop()
  await latchkey.close()
  await database.close()
})

async function ask(query: string) {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const request = new Request('https://shop.example/graphql', { method: 'POST', headers })
  const { body } = await apollo.executeOperation({ query }, { contextValue: { request } })
  if (body.kind !== 'single') throw new Error('The answer has parts.')
  expect(body.singleResult.errors).toBeUndefined()
  return body.singleResult.data
}

it('with the definitions of caches.md, keys are never answered from the cache of Apollo Server', async () => {
  const list = '{ apiKeys { nodes { name status } } }'
  expect(await ask(list)).toEqual({ apiKeys: { nodes: [] } })
  const input = '{ name: "CI", scopes: ["read:keys"] }'
  const created = await ask(`mutation { createApiKey(input: ${input}) { apiKey { id } } }`)
  expect(await ask(list)).toEqual({ apiKeys: { nodes: [{ name: 'CI', status: 'ACTIVE' }] } })
  const { createApiKey } = created as { createApiKey: { apiKey: { id: string } } }
  await ask(
    `mutation { revokeApiKey(input: { id: "${createApiKey.apiKey.id}" }) { apiKey { id } } }`,
  )
  expect(await ask(list)).toEqual({ apiKeys: { nodes: [{ name: 'CI', status: 'REVOKED' }] } })
  const { time } = (await ask('{ time }')) as { time: number }
  expect(await ask('{ time }')).toEqual({ time })
})

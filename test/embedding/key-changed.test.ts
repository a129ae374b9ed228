import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usePrincipal } from '../../src/index.ts'
import { keyManagement } from '../../src/sdl.ts'
import { type Embedded, embed, serve } from '../support/embedded.ts'
import { readResults } from '../support/event-stream.ts'
import { shopSchema } from './shop-builder.ts'

let embedded: Embedded

beforeAll(async () => {
  embedded = await embed()
})
afterAll(() => embedded.close())

const schemas: Record<string, () => GraphQLSchema> = {
  addKeyManagement: () =>
    shopSchema(embedded.latchkey, { fieldPrefix: 'shop', typePrefix: 'Shop' }),
  keyManagement() {
    const { typeDefs, resolvers } = keyManagement({
      latchkey: embedded.latchkey,
      fieldPrefix: 'shop',
      typePrefix: 'Shop',
    })
    return makeExecutableSchema({ typeDefs, resolvers })
  },
}

describe.each(Object.entries(schemas))('Subscription.keyChanged by %s', (name, schemaOf) => {
  it('reports the changes of the keys of the caller', async () => {
    const schema = schemaOf()
    const { authenticator } = embedded.latchkey
    const yoga = createYoga({ schema, plugins: [usePrincipal({ authenticator })], logging: false })
    const subscribe = async (scope: string) =>
      readResults(
        await yoga.fetch('http://shop.example/graphql', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'text/event-stream',
            authorization: `Bearer ${await embedded.issuer.sign({ sub: name, scope })}`,
          },
          body: JSON.stringify({
            query: 'subscription { shopKeyChanged { kind apiKey { name descendants { id } } } }',
          }),
        }),
      )
    const denied = await subscribe('write:keys')
    expect((await denied.next()).errors[0].extensions.code).toBe('FORBIDDEN')
    const { next, leave } = await subscribe('read:keys')
    const jwt = await embedded.issuer.sign({ sub: name, scope: 'read:orders write:keys' })
    const { errors } = await serve(schema, embedded)(
      jwt,
      'mutation { shopCreateApiKey(input: { name: "CI", scopes: ["read:orders"] }) { secret } }',
    )
    expect(errors).toBeUndefined()
    expect(await next()).toEqual({
      data: { shopKeyChanged: { kind: 'CREATED', apiKey: { name: 'CI', descendants: [] } } },
    })
    await leave()
  })
})

import { makeExecutableSchema } from '@graphql-tools/schema'
import { createYoga } from 'graphql-yoga'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Latchkey } from '../../src/embedding/latchkey.ts'
import { guardSchema, usePrincipal } from '../../src/index.ts'
import { connectLatchkey } from '../../src/postgres.ts'
import { keyManagement } from '../../src/sdl.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { shopScopes } from '../support/embedded.ts'

let database: TestDatabase
let latchkey: Latchkey
const warnings: string[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  latchkey = await connectLatchkey({
    url: database.url,
    scopes: shopScopes,
    log: { info: () => {}, warn: (message) => warnings.push(message) },
  })
})
afterEach(() => {
  warnings.length = 0
})
afterAll(async () => {
  await latchkey.close()
  await database.close()
})

/** The SDL of a shop with the queries and mutations of API keys. */
function shop(requirement: string) {
  const keys = keyManagement({ latchkey, principalOf: () => null })
  const own = `type Query { orders: String @requiresScopes(scopes: [[${requirement}]]) }`
  return makeExecutableSchema({ typeDefs: [own, keys.typeDefs], resolvers: keys.resolvers })
}

const warning =
  'Latchkey: The schema requires scopes that no API key can have: `read:order` (Query.orders). If keys should have them, add them to `scopes` of connectLatchkey.'

describe('a schema that requires a scope that connectLatchkey does not list', () => {
  it('is reported by guardSchema that knows the authenticator', () => {
    const { authenticator } = latchkey
    guardSchema(shop('"read:orders", "write:keys"'), { principalOf: () => null, authenticator })
    expect(warnings).toEqual([])
    guardSchema(shop('"read:order", "read:orders"'), { principalOf: () => null, authenticator })
    expect(warnings).toEqual([warning])
  })

  it('is reported once by usePrincipal', async () => {
    const plugins = [usePrincipal(latchkey)]
    const yoga = createYoga({ schema: shop('"read:order"'), plugins, logging: false })
    for (let n = 0; n < 2; n += 1) {
      await yoga.fetch('http://yoga.test/graphql?query={orders}')
    }
    expect(warnings).toEqual([warning])
  })
})

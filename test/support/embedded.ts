import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { Latchkey } from '../../src/embedding/latchkey.ts'
import { usePrincipal } from '../../src/index.ts'
import { connectLatchkey } from '../../src/postgres.ts'
import { createTestDatabase } from './database.ts'
import { startIssuer, type TestIssuer, testAudience } from './issuer.ts'

/** The scopes of the application that the tests embed Latchkey in. */
export const shopScopes = { 'read:orders': 'Read orders.', 'write:orders': 'Place orders.' }

export interface Embedded {
  readonly latchkey: Latchkey
  readonly issuer: TestIssuer
  close(): Promise<void>
}

/** Connects Latchkey to a new database, with an issuer of its own. */
export async function embed(): Promise<Embedded> {
  const [database, issuer] = await Promise.all([createTestDatabase(), startIssuer()])
  const latchkey = await connectLatchkey({
    url: database.url,
    scopes: shopScopes,
    issuers: [{ issuer: issuer.issuer, audience: testAudience, jwksUri: issuer.jwksUri }],
    keys: { prefix: 'shop' },
    log: { info: () => {}, warn: () => {} },
  })
  await untilAnswering(latchkey, await issuer.sign())
  return {
    latchkey,
    issuer,
    async close() {
      await latchkey.close()
      await issuer.close()
      await database.close()
    },
  }
}

/** On a busy machine, the first lookups may take longer than the second that a request allows them. */
async function untilAnswering({ authenticator }: Latchkey, jwt: string): Promise<void> {
  const header = (name: string) => (name === 'authorization' ? `Bearer ${jwt}` : null)
  for (let attempt = 0; attempt < 10; attempt++) {
    const { kind } = await authenticator.authenticate({ header, queryParameters: () => [] })
    if (kind === 'authenticated') return
  }
}

export interface GraphQLAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field of an answer.
  readonly data?: any
  readonly errors?: readonly {
    readonly message: string
    readonly extensions?: Record<string, unknown>
  }[]
}

/** Serves a schema with Yoga and `usePrincipal`. Returns a function that sends an operation. */
export function serve(schema: GraphQLSchema, { latchkey }: Pick<Embedded, 'latchkey'>) {
  const { authenticator } = latchkey
  const yoga = createYoga({ schema, plugins: [usePrincipal({ authenticator })], logging: false })
  return async (
    credential: string | null,
    query: string,
    variables: object = {},
  ): Promise<GraphQLAnswer> => {
    const response = await yoga.fetch('http://shop.example/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential !== null && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query, variables }),
    })
    return response.json()
  }
}

import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import {
  type ClosableAuthenticator,
  createAuthenticator,
  NotFoundError,
  type Principal,
  usePrincipal,
} from '../../src/index.ts'
import { startIssuer, testAudience } from '../support/issuer.ts'

/* An application on Yoga that accepts JWTs, with the plugin of a test. */

export interface TestApi {
  readonly yoga: ReturnType<typeof createYoga>
  /** The names of the fields that were resolved. */
  readonly resolved: string[]
  bearer(scope: string): Promise<{ authorization: string }>
  close(): Promise<void>
}

export interface ApiOptions {
  readonly plugins?: readonly Plugin[]
  readonly batching?: boolean
  /** Whether the plugins come before `usePrincipal`. */
  readonly before?: boolean
}

export async function startApi({
  plugins = [],
  batching = false,
  before = false,
}: ApiOptions): Promise<TestApi> {
  const issuer = await startIssuer()
  const authenticator: ClosableAuthenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  })
  const resolved: string[] = []
  const principal = usePrincipal({ authenticator })
  const yoga = createYoga<{ principal: Principal | null }>({
    schema: createSchema({
      typeDefs: /* GraphQL */ `
        directive @public on FIELD_DEFINITION
        directive @authenticated on FIELD_DEFINITION
        directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
        scalar File
        type Query {
          hello: String @public
          missing: String @public
          numbers: [Int!] @public
          orders: [String!] @requiresScopes(scopes: [["read:orders"]])
          late: String @authenticated
        }
        type Mutation { upload(file: File!): String @requiresScopes(scopes: [["write:files"]]) }
      `,
      resolvers: {
        Query: {
          hello: () => resolved.push('hello') && 'Hello',
          missing: () => {
            throw new NotFoundError('user')
          },
          numbers: async function* () {
            resolved.push('numbers')
            yield 1
            yield 2
          },
          orders: () => resolved.push('orders') && ['one', 'two'],
          late: async () => {
            resolved.push('late')
            await new Promise((resolve) => setTimeout(resolve, 300))
            return 'late'
          },
        },
        Mutation: {
          upload: async (_root, { file }: { file: File }) => {
            resolved.push('upload')
            return `${file.name}: ${await file.text()}`
          },
        },
      },
    }),
    batching,
    logging: false,
    plugins: before ? [...plugins, principal] : [principal, ...plugins],
  })
  return {
    yoga: yoga as unknown as ReturnType<typeof createYoga>,
    resolved,
    bearer: async (scope) => ({ authorization: `Bearer ${await issuer.sign({ scope })}` }),
    async close() {
      await authenticator.close()
      await issuer.close()
    },
  }
}

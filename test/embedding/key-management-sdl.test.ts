import { ApolloServer } from '@apollo/server'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { buildSchema, graphql, parse } from 'graphql'
import { createSchema } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardSchema, type Principal } from '../../src/index.ts'
import { keyManagement, type SdlKeyManagementOptions } from '../../src/sdl.ts'
import { executors } from '../graphql/executors.ts'
import { type Embedded, embed, type GraphQLAnswer, serve } from '../support/embedded.ts'

let embedded: Embedded

beforeAll(async () => {
  embedded = await embed()
})

afterAll(() => embedded.close())

const typeDefs = /* GraphQL */ `
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  type Query {
    orders: [String!]! @requiresScopes(scopes: [["read:orders"]])
  }
`
const resolvers = { Query: { orders: () => ['one', 'two'] } }

function withKeys(options: Partial<SdlKeyManagementOptions> = {}) {
  const keys = keyManagement({ latchkey: embedded.latchkey, ...options })
  return makeExecutableSchema({
    typeDefs: [typeDefs, keys.typeDefs],
    resolvers: [resolvers, keys.resolvers],
  })
}

const create = /* GraphQL */ `
  mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { secret apiKey { id scopes createdAt metadata } }
  }
`

describe('the SDL and the resolvers of API keys', () => {
  it('create, use, narrow, widen, rotate and revoke a key', async () => {
    const ask = serve(withKeys(), embedded)
    const jwt = await embedded.issuer.sign({
      scope: 'read:orders write:orders read:keys write:keys',
    })
    const input = {
      name: 'CI',
      scopes: ['read:orders', 'write:orders'],
      expiresAt: '2100-01-01T00:00:00Z',
      metadata: { team: 'shop' },
    }
    const created = await ask(jwt, create, { input })
    expect(created.errors).toBeUndefined()
    const { secret, apiKey } = created.data.createApiKey
    expect(apiKey).toMatchObject({ scopes: input.scopes, metadata: { team: 'shop' } })
    expect(await ask(secret, '{ orders }')).toEqual({ data: { orders: ['one', 'two'] } })
    const { id } = apiKey
    const update = `mutation { updateApiKey(input: { id: "${id}", scopes: ["write:orders"] }) { apiKey { scopes } } }`
    expect((await ask(jwt, update)).data.updateApiKey.apiKey.scopes).toEqual(['write:orders'])
    expect((await ask(secret, '{ orders }')).errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:orders'],
    })
    const widen = `mutation { updateApiKey(input: { id: "${id}", addScopes: ["read:orders"] }) { apiKey { scopes } } }`
    expect((await ask(jwt, widen)).data.updateApiKey.apiKey.scopes).toEqual(input.scopes)
    expect(await ask(secret, '{ orders }')).toEqual({ data: { orders: ['one', 'two'] } })
    const rotate = `mutation { rotateApiKey(input: { id: "${id}" }) { secret apiKey { previousSecret { expiresAt } } } }`
    const rotated = await ask(jwt, rotate)
    expect(rotated.data.rotateApiKey.apiKey.previousSecret.expiresAt).toEqual(expect.any(String))
    const revoke = `mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { status } } }`
    expect((await ask(jwt, revoke)).data.revokeApiKey.apiKey.status).toBe('REVOKED')
    const { errors } = await ask(rotated.data.rotateApiKey.secret, '{ orders }')
    expect(errors?.[0]?.extensions?.code).toBe('INVALID_CREDENTIAL')
    expect((await ask(jwt, '{ apiKeys { totalCount } }')).data.apiKeys.totalCount).toBe(1)
  })

  it('refuse a payload that discloses more than a query would, before any mutation runs', async () => {
    const ask = serve(withKeys(), embedded)
    const all = await embedded.issuer.sign({ sub: 'carol', scope: 'read:keys write:keys' })
    const writer = await embedded.issuer.sign({ sub: 'carol', scope: 'write:keys' })
    const input = { name: 'old', scopes: ['write:keys'] }
    const { id } = (await ask(all, create, { input })).data.createApiKey.apiKey
    const rename = (name: string) => `updateApiKey(input: { id: "${id}", name: "${name}" })`
    const denied = await ask(
      writer,
      `mutation { a: ${rename('first')} { apiKey { id } } b: ${rename('second')} { apiKey { lastUsedAt } } }`,
    )
    expect(denied.errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:keys'],
    })
    expect((await ask(all, `{ apiKey(id: "${id}") { name } }`)).data.apiKey.name).toBe('old')
  })

  it('check the scopes of their fields where nothing checks the operation', async () => {
    const schema = withKeys({ include: ['viewer'] })
    const run = async (source: string, contextValue: unknown) => {
      const { data, errors } = await graphql({ schema, source, contextValue })
      return {
        data,
        errors: errors?.map(({ originalError, message }) => originalError?.name ?? message),
      }
    }
    const list = '{ apiKeys { totalCount } }'
    expect((await run(list, { principal: null })).errors).toEqual(['UnauthenticatedError'])
    for (const contextValue of [{}, undefined, null, 'text']) {
      expect((await run(list, contextValue)).data).toBeNull()
      const { data, errors } = await run('{ viewer { subject } }', contextValue)
      expect(data).toEqual({ viewer: null })
      expect(errors).toEqual(['TypeError'])
    }
  })

  it.each([
    ['a principal', ({ caller }: { caller: Principal | null }) => caller],
    ['a promise', async ({ caller }: { caller: Principal | null }) => caller],
  ])('work in Apollo Server, where principalOf returns %s', async (_, principalOf) => {
    const keys = keyManagement({ latchkey: embedded.latchkey, principalOf })
    const server = new ApolloServer<{ caller: Principal | null }>({
      typeDefs: [typeDefs, keys.typeDefs],
      resolvers: [resolvers, keys.resolvers],
    })
    const jwt = await embedded.issuer.sign({ sub: 'dora', scope: 'read:keys write:keys' })
    const carrier = {
      header: (name: string) => (name === 'authorization' ? `Bearer ${jwt}` : null),
      queryParameters: () => [],
    }
    const found = await embedded.latchkey.authenticator.authenticate(carrier)
    const caller = found.kind === 'authenticated' ? found.principal : null
    const ask = async (contextValue: { caller: Principal | null }, scope: string) => {
      const variables = { input: { name: 'CI', scopes: [scope] } }
      const { body } = await server.executeOperation({ query: create, variables }, { contextValue })
      return (body as unknown as { singleResult: GraphQLAnswer }).singleResult
    }
    expect((await ask({ caller }, 'read:keys')).data.createApiKey.secret).toMatch(/^shop_/)
    const codeOf = ({ errors }: GraphQLAnswer) => errors?.map(({ extensions }) => extensions?.code)
    expect(codeOf(await ask({ caller }, 'read:orders'))).toEqual(['FORBIDDEN'])
    expect(codeOf(await ask({ caller: null }, 'read:keys'))).toEqual(['UNAUTHENTICATED'])
    // A principal that another instance made, or that the application made up, has no rights here.
    const copy = { ...(caller as Principal) }
    expect(codeOf(await ask({ caller: copy }, 'read:keys'))).toEqual(['INTERNAL_SERVER_ERROR'])
    await server.stop()
  })

  it.each(executors)('are decided as a whole by guardSchema in $name', async ({ execute }) => {
    const schema = guardSchema(withKeys(), {
      principalOf: (context: { principal: Principal | null }) => context.principal,
    })
    const principalWith = async (scope: string) => {
      const jwt = await embedded.issuer.sign({ sub: 'gina', scope })
      const found = await embedded.latchkey.authenticator.authenticate({
        header: (name) => (name === 'authorization' ? `Bearer ${jwt}` : null),
        queryParameters: () => [],
      })
      return found.kind === 'authenticated' ? found.principal : null
    }
    const run = async (principal: Principal | null, source: string): Promise<GraphQLAnswer> =>
      (await execute({
        schema,
        document: parse(source),
        contextValue: { principal },
        variableValues: {},
      })) as GraphQLAnswer
    const owner = await principalWith('read:keys write:keys')
    const made = await run(
      owner,
      'mutation { createApiKey(input: { name: "old", scopes: ["write:keys"] }) { apiKey { id } } }',
    )
    const { id } = made.data.createApiKey.apiKey
    const rename = (name: string) => `updateApiKey(input: { id: "${id}", name: "${name}" })`
    const source = `mutation { a: ${rename('first')} { apiKey { id } } b: ${rename('second')} { apiKey { lastUsedAt } } }`
    const denied = await run(await principalWith('write:keys'), source)
    expect(denied.errors?.map(({ extensions }) => extensions?.code)).toContain('FORBIDDEN')
    const nameNow = async () =>
      (await run(owner, `{ apiKey(id: "${id}") { name } }`)).data.apiKey.name
    expect(await nameNow()).toBe('old')
    expect((await run(owner, source)).errors).toBeUndefined()
    expect(await nameNow()).toBe('second')
  })

  it('have prefixes, and the type of the application as the owner of a key', async () => {
    const keys = keyManagement({
      latchkey: embedded.latchkey,
      include: ['users', 'viewer', 'scopes', 'requiredScopes', 'auditEvents'],
      typePrefix: 'Latchkey',
      fieldPrefix: 'latchkey',
      owner: { type: 'User', resolve: ({ subject }) => ({ nickname: subject.toUpperCase() }) },
    })
    const schema = createSchema({
      typeDefs: [
        /* GraphQL */ `
          scalar DateTime
          type PageInfo { next: String }
          type User { nickname: String! }
          type Query { me: User @public }
        `,
        keys.typeDefs,
      ],
      resolvers: [keys.resolvers],
    })
    expect(schema.getType('User')?.toString()).toBe('User')
    const ask = serve(schema, embedded)
    const jwt = await embedded.issuer.sign({ sub: 'erin', scope: 'read:keys write:keys' })
    const mutation = `mutation {
      latchkeyCreateApiKey(input: { name: "CI", scopes: ["read:keys"] }) {
        apiKey { __typename owner { __typename nickname } }
      }
    }`
    expect(await ask(jwt, mutation)).toEqual({
      data: {
        latchkeyCreateApiKey: {
          apiKey: { __typename: 'LatchkeyApiKey', owner: { __typename: 'User', nickname: 'ERIN' } },
        },
      },
    })
  })

  it('are complete by themselves, also without definitions of the directives', () => {
    const { typeDefs } = keyManagement({ latchkey: embedded.latchkey })
    expect(buildSchema(typeDefs).getType('ApiKey')).toBeDefined()
    expect(typeDefs).not.toMatch(/federation|@link|@key|@shareable/)
    const without = keyManagement({ latchkey: embedded.latchkey, defineDirectives: false })
    expect(without.typeDefs).not.toMatch(/^directive/m)
    expect(
      buildSchema(`directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
${without.typeDefs}`)
        .getMutationType()
        ?.getFields(),
    ).toHaveProperty('createApiKey')
  })
})

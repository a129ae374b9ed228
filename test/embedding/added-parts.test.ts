import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { type GraphQLSchema, printType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addKeyManagement,
  type KeyManagementOptions,
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  printSdl,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { createSchema } from '../../src/schema/index.ts'
import { type Embedded, embed, serve } from '../support/embedded.ts'
import { type Context, shopBuilder, shopSchema } from './shop-builder.ts'

let embedded: Embedded

beforeAll(async () => {
  embedded = await embed()
})

afterAll(() => embedded.close())

const withKeys = (options: Omit<KeyManagementOptions, 'latchkey'> = {}) =>
  shopSchema(embedded.latchkey, options)

describe('the types that are added to a schema', () => {
  it('does not depend on the default nullability of the application', () => {
    const types = ['ApiKey', 'CreateApiKeyInput', 'ApiKeyConnection', 'RevokeApiKeyPayload']
    const print = (schema: GraphQLSchema) =>
      types.map((name) => printType(schema.getType(name) as never).replace(/""".*?"""\s*/gs, ''))
    const common = {
      plugins: [latchkeyPlugin, ScopeAuthPlugin] as const,
      latchkey: { scopes: {} },
      scopeAuth: scopeAuthOptions((context: Context) => context.principal),
    }
    type Types = {
      Context: Context
      AuthScopes: LatchkeyAuthScopes
      DefaultAuthStrategy: 'all'
    }
    const strict = new SchemaBuilder<
      Types & { DefaultFieldNullability: false; DefaultInputFieldRequiredness: true }
    >({
      ...common,
      plugins: [...common.plugins],
      defaultFieldNullability: false,
      defaultInputFieldRequiredness: true,
    })
    const lax = new SchemaBuilder<Types>({ ...common, plugins: [...common.plugins] })
    const options = { latchkey: embedded.latchkey, include: ['users', 'auditEvents'] } as const
    addKeyManagement(strict, options)
    addKeyManagement(lax, options)
    const own = print(createSchema())
    expect(print(strict.toSchema())).toEqual(own)
    expect(print(lax.toSchema())).toEqual(own)
  })

  it('refers in descriptions only to parts that it has', () => {
    const sdl = printSdl(withKeys())
    expect(sdl).not.toMatch(/signOutEverywhere|suspendUser|`User\./)
    expect(printSdl(withKeys({ include: ['users'] }))).toMatch(/`signOutEverywhere`.*`suspendUser`/)
  })

  it('has the parts in include', () => {
    const rootFields = (schema: GraphQLSchema) =>
      Object.keys(schema.getQueryType()?.getFields() ?? {}).filter(
        (name) => !['node', 'nodes', 'opened', 'orders'].includes(name),
      )
    expect(rootFields(withKeys())).toEqual(['apiKey', 'apiKeys'])
    expect(
      rootFields(
        withKeys({ include: ['viewer', 'scopes', 'requiredScopes', 'users', 'auditEvents'] }),
      ),
    ).toEqual([
      'apiKey',
      'apiKeys',
      'auditEvents',
      'me',
      'requiredScopes',
      'scopes',
      'user',
      'users',
      'viewer',
    ])
  })

  it('answers the queries of the included parts', async () => {
    const ask = serve(
      withKeys({ include: ['viewer', 'scopes', 'requiredScopes', 'users', 'auditEvents'] }),
      embedded,
    )
    const jwt = await embedded.issuer.sign({
      sub: 'dora',
      scope: 'read:users read:keys write:keys',
    })
    expect(
      await ask(jwt, '{ viewer { subject user { subject } credential { kind } } me { subject } }'),
    ).toEqual({
      data: {
        viewer: { subject: 'dora', user: { subject: 'dora' }, credential: { kind: 'JWT' } },
        me: { subject: 'dora' },
      },
    })
    expect((await ask(null, '{ scopes { name fields } }')).data.scopes).toContainEqual({
      name: 'read:orders',
      fields: ['Query.orders'],
    })
    expect(
      await ask(
        jwt,
        '{ requiredScopes(document: "{ orders apiKeys { totalCount } }") { scopes missing } }',
      ),
    ).toEqual({
      data: {
        requiredScopes: { scopes: [['read:keys', 'read:orders']], missing: ['read:orders'] },
      },
    })
    expect((await ask(jwt, '{ users { nodes { subject } } }')).data.users.nodes).toContainEqual({
      subject: 'dora',
    })
    expect((await ask(jwt, '{ auditEvents { totalCount } }')).errors?.[0]?.extensions?.code).toBe(
      'FORBIDDEN',
    )
  })

  it('prefixes types and root fields, and names them so in descriptions', async () => {
    const builder = shopBuilder()
    builder.objectRef<object>('ApiKey').implement({
      fields: (t) => ({ id: t.id({ resolve: () => '1' }) }),
    })
    addKeyManagement(builder, {
      latchkey: embedded.latchkey,
      include: ['requiredScopes', 'scopes', 'users'],
      typePrefix: 'Latchkey',
      fieldPrefix: 'latchkey',
    })
    const schema = builder.toSchema()
    const sdl = printSdl(schema)
    for (const name of ['createApiKey', 'rotateApiKey', 'revokeAllApiKeys', 'suspendUser']) {
      expect(sdl).not.toContain(`\`${name}\``)
    }
    expect(sdl).not.toMatch(/`(?:Mutation|Query)\.(?!latchkey|orders)/)
    expect(sdl).not.toMatch(/`(?:KEY|MAX|SCOPES|DEFAULT|PUBLIC)_[A-Z_]+/)
    expect(sdl).toContain('(`INVALID_CREDENTIAL`)')
    expect(sdl).toContain('see `LatchkeyApiKey`')
    expect(sdl).toContain('The input of `latchkeyCreateApiKey`.')
    const ask = serve(schema, embedded)
    const jwt = await embedded.issuer.sign({ scope: 'read:keys write:keys' })
    const { data } = await ask(
      jwt,
      `mutation ($input: LatchkeyCreateApiKeyInput!) {
        latchkeyCreateApiKey(input: $input) { apiKey { __typename createdAt } }
      }`,
      {
        input: {
          name: 'CI',
          scopes: ['read:keys'],
          metadata: { a: 1 },
          expiresAt: '2100-01-01T00:00:00Z',
        },
      },
    )
    expect(data.latchkeyCreateApiKey.apiKey).toEqual({
      __typename: 'LatchkeyApiKey',
      createdAt: expect.any(String),
    })
  })
})

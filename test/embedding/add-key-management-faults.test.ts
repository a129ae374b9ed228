import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { printType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addKeyManagement,
  type KeyManagementOptions,
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { type Embedded, embed } from '../support/embedded.ts'
import { type Context, type Customer, shopBuilder } from './shop-builder.ts'

let embedded: Embedded

beforeAll(async () => {
  embedded = await embed()
})

afterAll(() => embedded.close())

it('addKeyManagement compiles only with an owner of the right shape', () => {
  const builder = shopBuilder()
  const CustomerRef = builder.objectRef<Customer>('Customer').implement({
    fields: (t) => ({ nickname: t.exposeString('nickname') }),
  })
  const { latchkey } = embedded
  addKeyManagement(builder, {
    latchkey,
    // @ts-expect-error the resolver returns no Customer
    owner: { type: CustomerRef, resolve: ({ subject }) => ({ name: subject }) },
  })
  addKeyManagement(builder, {
    latchkey,
    typePrefix: 'Second',
    // @ts-expect-error the context of the builder has no such member
    owner: { type: CustomerRef, resolve: (_owner, { session }) => session },
  })
  // @ts-expect-error latchkey is required
  expect(() => addKeyManagement(builder, {})).toThrow(TypeError)
})

describe('addKeyManagement refuses', () => {
  const add = (
    builder: Parameters<typeof addKeyManagement>[0],
    options: Partial<KeyManagementOptions> = {},
  ) => addKeyManagement(builder, { latchkey: embedded.latchkey, ...options })
  const scopeAuth = scopeAuthOptions((context: Context) => context.principal)
  type Types = { Context: Context; AuthScopes: LatchkeyAuthScopes; DefaultAuthStrategy: 'all' }

  it('a builder without scope-auth or without latchkeyPlugin', () => {
    const without = new SchemaBuilder({ plugins: [] } as never)
    expect(() => add(without as never)).toThrow(
      /lacks ScopeAuthPlugin.* Write plugins: \[latchkeyPlugin, ScopeAuthPlugin\][\s\S]*lacks latchkeyPlugin/,
    )
    const withScopeAuth = new SchemaBuilder<Types>({
      plugins: [ScopeAuthPlugin],
      scopeAuth,
    } as never)
    expect(() => add(withScopeAuth as never)).toThrow(/^The builder lacks latchkeyPlugin. Write/)
  })

  it('a builder of another copy of Pothos', () => {
    const { options, configStore } = shopBuilder()
    expect(() => add({ options, configStore } as never)).toThrow(
      /^The first argument must be a SchemaBuilder.* two copies of @pothos\/core/,
    )
  })

  it('types that the builder has, all at once, and a second call', () => {
    const builder = shopBuilder()
    for (const name of ['ApiKey', 'ApiKeyStatus']) {
      builder.objectRef<object>(name).implement({
        fields: (t) => ({ id: t.id({ resolve: () => '1' }) }),
      })
    }
    expect(() => add(builder as never)).toThrow(
      /^The builder already has a type ApiKey. Write another typePrefix.*\nThe builder already has a type ApiKeyStatus\./,
    )
    const twice = shopBuilder()
    add(twice as never)
    expect(() => add(twice as never)).toThrow(/call addKeyManagement only once/)
  })

  it('a root field that the application has, when the schema is built', () => {
    const builder = shopBuilder()
    builder.queryField('apiKey', (t) => t.string({ public: true, resolve: () => '' }))
    add(builder as never)
    expect(() => builder.toSchema()).toThrow(
      'Query already has a field apiKey. Write another fieldPrefix',
    )
  })

  it('a scalar that represents other values, unless the types have a prefix', async () => {
    const builderWithTexts = () => {
      const builder = new SchemaBuilder<
        Types & { Scalars: { DateTime: { Input: string; Output: string } } }
      >({
        plugins: [latchkeyPlugin, ScopeAuthPlugin],
        latchkey: { scopes: {} },
        scopeAuth,
      })
      builder.scalarType('DateTime', { serialize: (value) => value, parseValue: String })
      return builder
    }
    expect(() => add(builderWithTexts() as never)).toThrow(
      /^The scalar DateTime of the builder represents other values than a Date. Write a typePrefix/,
    )
    const builder = builderWithTexts()
    add(builder as never, { typePrefix: 'Keys' })
    const schema = builder.toSchema()
    expect(printType(schema.getType('KeysApiKey') as never)).toContain('createdAt: KeysDateTime!')
    expect(printType(schema.getType('KeysCreateApiKeyInput') as never)).toContain(
      'expiresAt: KeysDateTime\n',
    )
  })

  it('a catalogue that redefines a scope of Latchkey, or has a scope that no key could have', () => {
    const builder = new SchemaBuilder<Types>({
      plugins: [latchkeyPlugin, ScopeAuthPlugin],
      latchkey: {
        scopes: { 'read:keys': 'Read the keys of the piano.', 'read:order': 'Misspelt.' },
      },
      scopeAuth,
    })
    expect(() => add(builder as never)).toThrow(
      /redefines the scope "read:keys".* choose another name[\s\S]*has the scope "read:order", which connectLatchkey does not know/,
    )
  })

  it('options that are not valid', () => {
    const builder = shopBuilder() as never
    expect(() => add(builder, { include: ['user' as never] })).toThrow(
      /unknown part "user". Write one of viewer, scopes/,
    )
    expect(() => add(builder, { typePrefix: '2' })).toThrow(/^`typePrefix` must be letters/)
    expect(() => add(builder, { fieldPrefix: '__a' })).toThrow(/^`fieldPrefix` must be letters/)
    expect(() => add(builder, { latchkey: {} as never })).toThrow(/^`latchkey` must be what/)
  })
})

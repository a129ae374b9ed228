import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { describe, expect, it } from 'vitest'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { type Context, createBuilder } from './example.ts'

type Builder = ReturnType<typeof createBuilder>

/** Makes a builder with a valid Query. */
function createSoundBuilder(): Builder {
  const builder = createBuilder()
  builder.queryType({ fields: (t) => ({ hello: t.string({ public: true, resolve: () => '' }) }) })
  return builder
}

function faults(define: (builder: Builder) => void): string {
  const builder = createSoundBuilder()
  define(builder)
  try {
    builder.toSchema()
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

describe('the schema is not built', () => {
  it('if a root field declares no rule', () => {
    expect(
      faults((builder) => {
        builder.queryField('silent', (t) => t.string({ resolve: () => '' }))
        builder.mutationType({ fields: (t) => ({ change: t.string({ resolve: () => '' }) }) })
        builder.subscriptionType({
          fields: (t) => ({
            events: t.string({
              subscribe: async function* () {
                yield ''
              },
              resolve: () => '',
            }),
          }),
        })
      }),
    ).toBe(
      ['Query.silent', 'Mutation.change', 'Subscription.events']
        .map(
          (coordinate) =>
            `${coordinate} does not declare who may call it. Write one of public: true, authenticated: true or requiresScopes.`,
        )
        .join('\n'),
    )
  })

  it('unless the field belongs to federation', () => {
    expect(
      faults((builder) => {
        builder.queryField('_service', (t) => t.string({ resolve: () => '' }))
        builder.queryField('_entities', (t) => t.string({ resolve: () => '' }))
      }),
    ).toBe('none')
  })

  it('if a field declares two rules', () => {
    expect(
      faults((builder) => {
        builder.queryField('torn', (t) =>
          t.string({ public: true, requiresScopes: 'admin', resolve: () => '' }),
        )
      }),
    ).toContain(
      'Query.torn declares public and requiresScopes. Write only one of public: true, authenticated: true or requiresScopes.',
    )
  })

  it('if a scope is not in the catalogue', () => {
    expect(
      faults((builder) => {
        builder.queryField('far', (t) =>
          t.string({ requiresScopes: 'read:moon' as 'admin', resolve: () => '' }),
        )
      }),
    ).toBe(
      `Query.far requires the scope "read:moon", which the catalogue does not have. Write one of read:orders, write:orders, read:prices, admin, or add it to the plugin's scopes.`,
    )
  })

  it('if scopes are required and none is named', () => {
    const message =
      'requires an empty list of scopes. Name the scopes, or write authenticated: true.'
    for (const requiresScopes of [[], [[]], [['admin'], []]] as 'admin'[][][]) {
      expect(
        faults((builder) => {
          builder.queryField('never', (t) => t.string({ requiresScopes, resolve: () => '' }))
        }),
      ).toContain(`Query.never ${message}`)
    }
  })

  it('if it is unclear whether scopes are joined by AND or OR', () => {
    const requiresScopes = ['admin', 'read:orders'] as unknown as 'admin'
    expect(
      faults((builder) => {
        builder.queryField('flat', (t) => t.string({ requiresScopes, resolve: () => '' }))
      }),
    ).toContain(
      'Query.flat requires a flat list. Write [["a", "b"]] for both, or [["a"], ["b"]] for either.',
    )
  })

  it('if a type guards a field less strictly than its interface', () => {
    const define = (own: { requiresScopes?: [['admin']] | [['read:orders', 'admin']] }) => {
      return (builder: Builder) => {
        const priced = builder.interfaceRef<object>('Priced').implement({
          fields: (t) => ({
            price: t.int({
              requiresScopes: [['read:prices'], ['read:orders']],
              resolve: () => 1,
            }),
          }),
        })
        builder.objectRef<object>('Bread').implement({
          interfaces: [priced],
          fields: (t) => ({ price: t.int({ ...own, resolve: () => 1 }) }),
        })
      }
    }
    const message =
      'Bread.price has a weaker guard than Priced.price, which it implements. Write requiresScopes: [["read:orders"],["read:prices"]] on Bread.price, or a stricter guard.'
    expect(faults(define({}))).toBe(message)
    expect(faults(define({ requiresScopes: [['admin']] }))).toBe(message)
    expect(faults(define({ requiresScopes: [['read:orders', 'admin']] }))).toBe('none')
  })

  it('if a field would replace the guard of its whole type', () => {
    const message = faults((builder) => {
      const guarded = builder.interfaceRef<object>('Guarded').implement({ authenticated: true })
      builder.objectRef<object>('Order').implement({
        interfaces: [guarded],
        skipInterfaceScopes: true,
        fields: (t) => ({ total: t.string({ skipInterfaceScopes: true, resolve: () => '' }) }),
      })
      builder.objectRef<object>('Bill').implement({
        requiresScopes: 'admin',
        runScopesOnType: true,
        fields: (t) => ({
          id: t.string({ public: true, resolve: () => '' }),
          total: t.string({ skipTypeScopes: true, resolve: () => '' }),
        }),
      })
    })
    for (const [option, guarding] of [
      ['Order sets skipInterfaceScopes', 'Guarded'],
      ['Order.total sets skipInterfaceScopes', 'Guarded'],
      ['Bill sets runScopesOnType', 'Bill'],
      ['Bill.id sets public', 'Bill'],
      ['Bill.total sets skipTypeScopes', 'Bill'],
    ]) {
      expect(message).toContain(
        `${option}, but the guard on ${guarding} protects all of its fields. Leave it out, or declare guards on the single fields of ${guarding}.`,
      )
    }
  })

  it('if a whole type is declared public', () => {
    expect(
      faults((builder) => {
        builder.objectRef<object>('Order').implement({
          ...({ public: true } as object),
          fields: (t) => ({ id: t.string({ resolve: () => '' }) }),
        })
      }),
    ).toBe('Order is a type and cannot be public. Write public: true on its fields.')
  })

  it('if a scope is not a valid scope token', () => {
    const builder = new SchemaBuilder<{
      Context: Context
      AuthScopes: LatchkeyAuthScopes
      DefaultAuthStrategy: 'all'
    }>({
      plugins: [latchkeyPlugin, ScopeAuthPlugin],
      latchkey: { scopes: { 'read orders': '' } },
      scopeAuth: scopeAuthOptions((context) => context.principal),
    })
    builder.queryType({ fields: (t) => ({ hello: t.string({ public: true, resolve: () => '' }) }) })
    expect(() => builder.toSchema()).toThrow('"read orders" is not a valid scope name.')
  })

  it('if scope-auth is missing or would pass with one scope of several', () => {
    const build = (plugins: ('latchkey' | 'scopeAuth')[], strategy: 'all' | 'any') => {
      const builder = new SchemaBuilder<{
        Context: Context
        AuthScopes: LatchkeyAuthScopes
        DefaultAuthStrategy: 'all' | 'any'
      }>({
        plugins,
        latchkey: { scopes: {} },
        scopeAuth: {
          ...scopeAuthOptions<Context>((context) => context.principal),
          defaultStrategy: strategy,
        },
      })
      return () => builder.toSchema()
    }
    expect(build(['latchkey'], 'all')).toThrow(
      'Declarations are enforced by scope-auth: add ScopeAuthPlugin to the plugins.',
    )
    expect(build(['latchkey', 'scopeAuth'], 'any')).toThrow(
      'Write scopeAuth: scopeAuthOptions(…), or set defaultStrategy: "all" and authorizeOnSubscribe: true and leave runScopesOnType off.',
    )
  })
})

describe('the schema is built', () => {
  it('identically each time', () => {
    const builder = createSoundBuilder()
    const describe = () => builder.toSchema().getQueryType()?.getFields().hello?.description
    expect(describe()).toBe('Requires no credential.')
    expect(describe()).toBe('Requires no credential.')
  })
})

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import SchemaBuilder, { BasePlugin, MergedPlugins, type SchemaTypes } from '@pothos/core'
import ScopeAuthPlugin, { PothosScopeAuthPlugin, RequestCache } from '@pothos/plugin-scope-auth'
import { graphql } from 'graphql'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { InsufficientScopeError, UnauthenticatedError } from '../../src/errors.ts'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import type { Principal } from '../../src/principal.ts'
import { principalWith } from './example.ts'

interface Context {
  principal: Principal | null
}

interface Types {
  Context: Context
  AuthScopes: LatchkeyAuthScopes & { open: boolean }
  DefaultAuthStrategy: 'all'
  Objects: { Guarded: object; Granting: object; Own: object }
  Interfaces: { Named: object }
}

type Plugins = (typeof latchkeyPlugin | typeof ScopeAuthPlugin)[]

const standard = scopeAuthOptions<Context>((context) => context.principal)
const withOpen = (context: Context) => ({ ...standard.authScopes(context), open: true })

/** Makes a schema with the `authScopes` of `scopeAuthOptions`, which the shortcut can read, or with others. */
function createSchema({
  plugins = [latchkeyPlugin, ScopeAuthPlugin],
  readable = true,
}: {
  plugins?: Plugins
  readable?: boolean
} = {}) {
  const builder = new SchemaBuilder<Types>({
    plugins,
    latchkey: { scopes: { a: 'A', b: 'B', c: 'C' } },
    scopeAuth: {
      ...standard,
      authScopes: readable ? (standard.authScopes as typeof withOpen) : withOpen,
    },
  })
  const resolve = () => 'reached'
  const parent = () => ({})
  builder.interfaceType('Named', {
    requiresScopes: 'c',
    fields: (t) => ({ inherited: t.string({ resolve }) }),
  })
  builder.objectType('Guarded', {
    requiresScopes: 'b',
    interfaces: ['Named'],
    isTypeOf: () => true,
    fields: (t) => ({ plain: t.string({ resolve }) }),
  })
  builder.objectType('Granting', {
    grantScopes: () => ['granted'],
    fields: (t) => ({ field: t.string({ requiresScopes: 'a', resolve }) }),
  })
  builder.objectType('Own', {
    authScopes: () => true,
    fields: (t) => ({ field: t.string({ requiresScopes: 'a', resolve }) }),
  })
  builder.queryType({
    fields: (t) => ({
      scope: t.string({ requiresScopes: 'a', resolve }),
      signedIn: t.string({ authenticated: true, resolve }),
      ownRule: t.string({ requiresScopes: 'a', authScopes: () => true, resolve }),
      guarded: t.field({ type: 'Guarded', public: true, resolve: parent }),
      granting: t.field({ type: 'Granting', public: true, resolve: parent }),
      own: t.field({ type: 'Own', public: true, resolve: parent }),
    }),
  })
  return builder.toSchema()
}

const everything = '{ scope signedIn guarded { plain inherited } }'

async function run(source: string, principal: Principal | null, schema = createSchema()) {
  const { data, errors = [] } = await graphql({ schema, source, contextValue: { principal } })
  return { data, errors: errors.map(({ originalError }) => originalError) }
}

let asked: MockInstance<typeof RequestCache.fromContext>

beforeEach(() => {
  asked = vi.spyOn(RequestCache, 'fromContext')
})

afterEach(() => {
  asked.mockRestore()
})

describe('a field that is guarded only by declarations', () => {
  it.each<[string, Plugins]>([
    ['before', [latchkeyPlugin, ScopeAuthPlugin]],
    ['after', [ScopeAuthPlugin, latchkeyPlugin]],
  ])(
    'does not call scope-auth if the principal has the scopes, with latchkeyPlugin %s it',
    async (_, plugins) => {
      const { data, errors } = await run(
        everything,
        principalWith('a', 'b', 'c'),
        createSchema({ plugins }),
      )
      expect(errors).toEqual([])
      expect(data).toMatchObject({ guarded: { plain: 'reached', inherited: 'reached' } })
      expect(asked).not.toHaveBeenCalled()
    },
  )

  it('is denied by scope-auth if a scope is missing', async () => {
    const { errors } = await run('{ scope }', principalWith('b', 'c'))
    expect(errors).toEqual([expect.any(InsufficientScopeError)])
    expect(asked).toHaveBeenCalledTimes(1)
  })

  it.each([
    ["the type's", '{ guarded { plain } }', principalWith('a', 'c')],
    ["the interface's", '{ guarded { plain } }', principalWith('a', 'b')],
    ["the type's", '{ guarded { inherited } }', principalWith('a', 'c')],
    ["the interface's", '{ guarded { inherited } }', principalWith('a', 'b')],
  ])('is denied if %s scope is missing: %s', async (_, source, principal) => {
    const { data, errors } = await run(source, principal)
    expect(errors).toEqual([expect.any(InsufficientScopeError)])
    expect(data).toEqual({ guarded: null })
  })

  it('is denied by scope-auth to anonymous callers', async () => {
    const { errors } = await run('{ signedIn scope }', null)
    expect(errors).toEqual([expect.any(UnauthenticatedError), expect.any(UnauthenticatedError)])
    expect(asked).toHaveBeenCalledTimes(2)
  })
})

describe('scope-auth checks each field', () => {
  it.each([
    ['that has a rule of its own', '{ ownRule }'],
    ['of a type that has a rule of its own', '{ own { field } }'],
    ['of a type that grants scopes', '{ granting { field } }'],
  ])('%s', async (_, source) => {
    const { errors } = await run(source, principalWith('a'))
    expect(errors).toEqual([])
    expect(asked).toHaveBeenCalled()
  })

  it.each([
    ['if `authScopes` are not those of scopeAuthOptions', () => createSchema({ readable: false })],
    [
      'if Pothos does not expose its plugins',
      () => {
        // Simulates an upgrade that changes the class of the collection.
        const hidden = vi.spyOn(MergedPlugins, Symbol.hasInstance as never) as MockInstance
        hidden.mockReturnValue(false)
        try {
          return createSchema()
        } finally {
          hidden.mockRestore()
        }
      },
    ],
  ])('%s, and enforces each declaration', async (_, create) => {
    const schema = create()
    const { errors } = await run(everything, principalWith('a', 'b', 'c'), schema)
    expect(errors).toEqual([])
    expect(asked).toHaveBeenCalledTimes(4)
    expect(
      (await run('{ guarded { inherited } }', principalWith('a', 'b'), schema)).errors,
    ).toEqual([expect.any(InsufficientScopeError)])
    expect((await run('{ scope }', null, schema)).errors).toEqual([
      expect.any(UnauthenticatedError),
    ])
  })
})

describe('the assumption of the shortcut about Pothos and scope-auth', () => {
  it('is that a build exposes its plugins, with scope-auth by its name', () => {
    const seen: { readonly name: string }[] = []
    class Spy extends BasePlugin<SchemaTypes> {
      override beforeBuild(): void {
        const { plugin } = this.buildCache
        if (plugin instanceof MergedPlugins) seen.push(...plugin.plugins)
      }
    }
    SchemaBuilder.registerPlugin('spyOfShortcut' as never, Spy as never)
    const builder = new SchemaBuilder<{ AuthScopes: { open: boolean } }>({
      plugins: ['spyOfShortcut' as never, ScopeAuthPlugin],
      latchkey: { scopes: {} },
      scopeAuth: { authScopes: () => ({ open: true }) },
    })
    builder.queryType({ fields: (t) => ({ a: t.string({ resolve: () => '' }) }) })
    builder.toSchema()
    const scopeAuth = seen.find(({ name }) => name === 'scopeAuth')
    expect(scopeAuth).toBeInstanceOf(PothosScopeAuthPlugin)
  })

  it('is that only `wrapResolve` wraps a field', () => {
    expect(Object.getOwnPropertyNames(PothosScopeAuthPlugin.prototype).sort()).toEqual([
      'constructor',
      'createResolveSteps',
      'createStepsForType',
      'createSubscribeSteps',
      'runTypeScopesOnField',
      'wrapIsTypeOf',
      'wrapResolve',
      'wrapResolveType',
      'wrapSubscribe',
    ])
  })

  it.each([
    ['RootTypeOptions', ['authScopes', 'grantScopes']],
    ['ObjectTypeOptions', ['authScopes', 'grantScopes', 'runScopesOnType', 'skipInterfaceScopes']],
    ['InterfaceTypeOptions', ['authScopes', 'grantScopes', 'runScopesOnType']],
    ['FieldOptions', ['authScopes', 'grantScopes', 'skipTypeScopes']],
    ['ObjectFieldOptions', ['skipInterfaceScopes']],
    ['InterfaceFieldOptions', ['skipInterfaceScopes']],
  ])('is that no other option of %s affects the authorization of a field', (name, options) => {
    expect(optionsOf(name)).toEqual(options)
  })
})

/** Returns the members that scope-auth's typings add to one of Pothos' interfaces. */
function optionsOf(name: string): string[] {
  const main = createRequire(import.meta.url).resolve('@pothos/plugin-scope-auth')
  const typings = readFileSync(new URL('../dts/global-types.d.ts', `file://${main}`), 'utf8')
  const start = typings.search(new RegExp(`\\binterface ${name}<`))
  if (start < 0) throw new Error(`scope-auth declares nothing of ${name}.`)
  const body = typings.slice(start, typings.indexOf('\n        }', start))
  return [...body.matchAll(/^ {12}(\w+)\??:/gm)].map(([, member = '']) => member)
}

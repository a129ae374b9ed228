import SchemaBuilder, { type SchemaTypes } from '@pothos/core'
import { catalogueOf } from '../pothos/plugin.ts'
import { builtInScopes, type ScopeCatalogue } from '../scopes.ts'
import type { AddedNames } from './added-names.ts'
import type { Naming } from './key-management-options.ts'
import { unusableScalars } from './shared-types.ts'

type AnyBuilder = PothosSchemaTypes.SchemaBuilder<SchemaTypes>

/** Returns the plugins that a builder lacks, each with the correction. */
export function missingPlugins(builder: AnyBuilder): readonly string[] {
  if (!(builder instanceof SchemaBuilder)) {
    return [
      'The first argument must be a SchemaBuilder of @pothos/core. If it is one, two copies of @pothos/core are installed; `npm ls @pothos/core` shows them.',
    ]
  }
  const { options } = builder
  const { plugins = [], latchkey } = options as {
    plugins?: readonly string[]
    latchkey?: object
  }
  return [
    ...(plugins.includes('scopeAuth')
      ? []
      : [
          'The builder lacks ScopeAuthPlugin, which enforces the scopes of the fields. Write plugins: [latchkeyPlugin, ScopeAuthPlugin] and scopeAuth: scopeAuthOptions((context) => context.principal).',
        ]),
    ...(plugins.includes('latchkey') && latchkey !== undefined
      ? []
      : [
          'The builder lacks latchkeyPlugin. Write plugins: [latchkeyPlugin, ScopeAuthPlugin] and latchkey: { scopes } with the scopes of your application.',
        ]),
  ]
}

/** Returns the names in the builder's catalogue that no key could have or that have another meaning. */
export function catalogueFaults(builder: AnyBuilder, ofKeys: ScopeCatalogue): readonly string[] {
  const builtIn: ScopeCatalogue = new Map(Object.entries(builtInScopes))
  return [...catalogueOf(builder)].flatMap(([name, description]) => {
    const own = builtIn.get(name)
    if (own !== undefined) {
      return own === description
        ? []
        : [
            `The catalogue of the builder redefines the scope ${JSON.stringify(name)}, which Latchkey's fields require. Leave it out of latchkey: { scopes }, or choose another name for a scope of your own.`,
          ]
    }
    return ofKeys.has(name)
      ? []
      : [
          `The catalogue of the builder has the scope ${JSON.stringify(name)}, which connectLatchkey does not know, so no key could have it. Write the same scopes in connectLatchkey({ scopes }) and latchkey: { scopes }.`,
        ]
  })
}

/** Returns the types that `builder` already has under a name of a type to be added. */
export function nameFaults(
  builder: AnyBuilder,
  { types }: AddedNames,
  naming: Naming,
): readonly string[] {
  const taken = [...types]
    .map(naming.typeName)
    .filter((name) => builder.configStore.hasImplementation(name))
  return [
    ...taken.map(
      (name) =>
        `The builder already has a type ${name}. Write another typePrefix, such as typePrefix: 'Latchkey', or call addKeyManagement only once.`,
    ),
    ...unusableScalars(builder, naming).map(
      (name) =>
        `The scalar ${name} of the builder represents other values than ${name === 'DateTime' ? 'a Date' : 'an object'}. Write a typePrefix, such as typePrefix: 'Latchkey', so that a scalar of its own is added.`,
    ),
  ]
}

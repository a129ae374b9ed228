import './global-types.ts'
import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import { type Declaration, guardOf } from '../decision/index.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { addedScopes } from './added-scopes.ts'
import { faultsIn } from './checks.ts'
import { withDeclaration, withRules } from './extensions.ts'
import { addFastPath } from './fast-path.ts'
import { addFieldChecks, type ScopeAuthParts } from './field-checks.ts'
import { type LatchkeyPluginOptions, readDeclaration, readRules } from './options.ts'
import { describeReturnTypes } from './return-type-sentences.ts'
import { type LatchkeyAuthScopes, principalReader, withRequirement } from './scope-auth.ts'
import { describe } from './sentence.ts'

/**
 * The Pothos plugin. It turns one declaration into the scope-auth rule, the directive and the sentence in
 * the description.
 */
export class PothosLatchkeyPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  readonly #faults: string[] = []
  /** One object for equal requirements, because scope-auth caches its result by object within a request. */
  readonly #rules = new Map<string, LatchkeyAuthScopes>()

  override beforeBuild(): void {
    const { plugins, scopeAuth } = this.builder.options as {
      plugins?: readonly string[]
      scopeAuth?: {
        authScopes?: object
        defaultStrategy?: string
        authorizeOnSubscribe?: boolean
        runScopesOnType?: boolean
      }
    }
    const fault =
      plugins?.includes('scopeAuth') !== true
        ? 'Declarations are enforced by scope-auth: add ScopeAuthPlugin to the plugins.'
        : scopeAuth?.defaultStrategy !== 'all' ||
            scopeAuth.authorizeOnSubscribe !== true ||
            scopeAuth.runScopesOnType === true
          ? 'Write scopeAuth: scopeAuthOptions(…), or set defaultStrategy: "all" and authorizeOnSubscribe: true and leave runScopesOnType off.'
          : undefined
    if (fault !== undefined) throw new PothosSchemaError(fault)
    const principalOf = principalReader(scopeAuth?.authScopes)
    if (principalOf === undefined) return
    const isDeclarationRule = (rule: unknown) =>
      [...this.#rules.values()].includes(rule as LatchkeyAuthScopes)
    addFastPath(this.buildCache, { principalOf, isDeclarationRule })
  }

  override onTypeConfig(typeConfig: PothosTypeConfig): PothosTypeConfig {
    if (typeConfig.kind !== 'Object' && typeConfig.kind !== 'Interface') return typeConfig
    const declaration = this.#read(typeConfig.name, typeConfig.pothosOptions)
    if (declaration === null) return typeConfig
    if (declaration.public) {
      this.#faults.push(
        `${typeConfig.name} is a type and cannot be public. Write public: true on its fields.`,
      )
    }
    return this.#guarded(typeConfig, declaration)
  }

  override onOutputFieldConfig(
    fieldConfig: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const coordinate = `${fieldConfig.parentType}.${fieldConfig.name}`
    const declaration = this.#read(coordinate, fieldConfig.pothosOptions)
    const rules = readRules(fieldConfig.pothosOptions)
    const extensions =
      Object.keys(rules).length === 0
        ? fieldConfig.extensions
        : withRules(fieldConfig.extensions, rules)
    const config = { ...fieldConfig, ...(extensions && { extensions }) }
    return declaration === null ? config : this.#guarded(config, declaration)
  }

  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    const catalogue = catalogueOf(this.builder)
    const faults = [...new Set([...this.#faults, ...faultsIn(schema, catalogue)])]
    if (faults.length > 0) throw new PothosSchemaError(faults.join('\n'))
    describeReturnTypes(schema)
    const { scopeAuth } = this.builder.options as { scopeAuth?: ScopeAuthParts }
    if (scopeAuth !== undefined) addFieldChecks(schema, scopeAuth)
    return schema
  }

  #read(coordinate: string, options: object): Declaration | null {
    const read = readDeclaration(options)
    if ('declaration' in read) return read.declaration
    this.#faults.push(`${coordinate} ${read.fault}.`)
    return null
  }

  #guarded<Config extends GuardedConfig>(config: Config, declaration: Declaration): Config {
    const guard = guardOf(declaration)
    return {
      ...config,
      description: describe(config.description, declaration),
      extensions: withDeclaration(config.extensions, declaration),
      pothosOptions:
        guard === null
          ? config.pothosOptions
          : {
              ...config.pothosOptions,
              authScopes: withRequirement(existingRule(config.pothosOptions), this.#rule(guard)),
            },
    }
  }

  #rule(latchkey: LatchkeyAuthScopes['latchkey']): LatchkeyAuthScopes {
    const key = JSON.stringify(latchkey)
    const known = this.#rules.get(key)
    if (known !== undefined) return known
    const rule = { latchkey }
    this.#rules.set(key, rule)
    return rule
  }
}

/** Returns the scopes in the options of a builder, and those that were added later. */
export function catalogueOf(builder: {
  readonly options: { readonly latchkey: LatchkeyPluginOptions<string> }
}): ScopeCatalogue {
  const { scopes } = builder.options.latchkey
  const entries = scopes instanceof Map ? scopes : Object.entries(scopes)
  return new Map([...entries, ...addedScopes(builder)])
}

interface GuardedConfig {
  readonly description?: string | null | undefined
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined
  readonly pothosOptions: object
}

function existingRule(options: object): object | undefined {
  return (options as { authScopes?: object }).authScopes
}

/**
 * The name of the plugin, for `plugins: [latchkeyPlugin, ScopeAuthPlugin]`. It is the result of a call, so that
 * no bundler inlines it as a constant and drops the registration with the module.
 */
export const latchkeyPlugin = register()

function register(): 'latchkey' {
  SchemaBuilder.registerPlugin('latchkey', PothosLatchkeyPlugin)
  return 'latchkey'
}

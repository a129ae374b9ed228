import {
  type BasePlugin,
  type BuildCache,
  MergedPlugins,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Principal } from '../principal.ts'
import { type ScopeRequirement, satisfies } from '../scopes.ts'
import type { LatchkeyAuthScopes } from './scope-auth.ts'

type Resolver = GraphQLFieldResolver<unknown, object>
type Guarded = { authScopes?: unknown; grantScopes?: unknown }

export interface FastPathOptions {
  /** Reads the principal from the context of a request. */
  readonly principalOf: (context: object) => Principal | null
  /** Whether a scope-auth rule consists of a declaration alone. */
  readonly isDeclarationRule: (rule: unknown) => boolean
}

/**
 * Adds a check before scope-auth. Scope-auth creates a cache for each request and runs several steps at each
 * field, which takes far longer than the comparison of scopes. Where declarations alone guard a field, this
 * check runs first, and scope-auth runs only if it fails.
 *
 * The function replaces the plugin's `wrapResolve`, because Pothos gives each plugin only the resolver that the
 * previous plugin has wrapped. If Pothos does not expose its plugins, nothing changes: scope-auth then
 * checks each field.
 */
export function addFastPath<Types extends SchemaTypes>(
  buildCache: BuildCache<Types>,
  options: FastPathOptions,
): void {
  const { plugin } = buildCache
  if (!(plugin instanceof MergedPlugins)) return
  const plugins: readonly BasePlugin<Types>[] | undefined = plugin.plugins
  const scopeAuth = plugins?.find(({ name }) => name === 'scopeAuth')
  if (scopeAuth !== undefined) replaceWrapResolve(scopeAuth, options)
}

function replaceWrapResolve<Types extends SchemaTypes>(
  scopeAuth: BasePlugin<Types>,
  { principalOf, isDeclarationRule }: FastPathOptions,
): void {
  const wrapResolve = scopeAuth.wrapResolve.bind(scopeAuth)

  /** The requirements of the field; `null` if more than declarations guard it. */
  function requirementsOf(
    config: PothosOutputFieldConfig<Types>,
  ): readonly ScopeRequirement[] | null {
    const buildCache: TypeConfigs = scopeAuth.buildCache
    const { parentType, declaringType } = config as { parentType: string; declaringType?: string }
    const types = [parentType, declaringType ?? parentType].flatMap((name) => {
      const type = buildCache.getTypeConfig(name)
      return [type, ...(type.interfaces ?? []).map((one) => buildCache.getTypeConfig(one as never))]
    })
    const guards = [config, ...types].map(({ pothosOptions }) => pothosOptions as Guarded)
    if (guards.some(({ grantScopes }) => grantScopes !== undefined)) return null
    const own = guards.map(({ authScopes }) => authScopes).filter((one) => one != null)
    if (!own.every(isDeclarationRule)) return null
    return (own as LatchkeyAuthScopes[]).map(({ latchkey }) => latchkey)
  }

  scopeAuth.wrapResolve = (resolver, config) => {
    const checked = wrapResolve(resolver, config)
    const requirements = checked === resolver ? null : requirementsOf(config)
    if (requirements === null) return checked
    const [only = [[]], ...others] = requirements
    return ((parent, args, context, info) => {
      const principal = principalOf(context)
      const passes =
        principal !== null &&
        satisfies(only, principal.scopes) &&
        others.every((requirement) => satisfies(requirement, principal.scopes))
      return (passes ? resolver : checked)(parent, args, context, info)
    }) satisfies Resolver
  }
}

interface TypeConfigs {
  getTypeConfig(name: string): TypeConfig
}

interface TypeConfig {
  readonly pothosOptions: object
  readonly interfaces?: readonly unknown[]
}

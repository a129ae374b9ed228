import type { BasePlugin, PothosOutputFieldConfig, SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Principal } from '../principal.ts'
import { type ScopeRequirement, satisfies } from '../scopes.ts'
import type { LatchkeyAuthScopes } from './scope-auth.ts'

type Resolver = GraphQLFieldResolver<unknown, object>
type Guarded = { authScopes?: unknown; grantScopes?: unknown }

export interface ShortcutOptions {
  /** Of a request's context. */
  readonly principalOf: (context: object) => Principal | null
  /** Whether a scope-auth rule was made of a declaration alone. */
  readonly isOurs: (rule: unknown) => boolean
}

/**
 * Scope-auth makes a cache for each request and walks through steps at each field, which takes far
 * longer than the check itself. Where a field is guarded by declarations alone, the check comes first,
 * and scope-auth is gone to only by who does not pass it.
 *
 * @param scopeAuth the plugin of one build; changed
 */
export function checkFirst<Types extends SchemaTypes>(
  scopeAuth: BasePlugin<Types>,
  { principalOf, isOurs }: ShortcutOptions,
): void {
  const wrapResolve = scopeAuth.wrapResolve.bind(scopeAuth)

  /** What has to be met; `null` where more than declarations decides. */
  function requirementsOf(
    config: PothosOutputFieldConfig<Types>,
  ): readonly ScopeRequirement[] | null {
    const { buildCache } = scopeAuth as unknown as {
      buildCache: { getTypeConfig(name: string): TypeConfig }
    }
    const { parentType, declaringType } = config as { parentType: string; declaringType?: string }
    const types = [parentType, declaringType ?? parentType].flatMap((name) => {
      const type = buildCache.getTypeConfig(name)
      return [type, ...(type.interfaces ?? []).map((one) => buildCache.getTypeConfig(one as never))]
    })
    const guards = [config, ...types].map(({ pothosOptions }) => pothosOptions as Guarded)
    if (guards.some(({ grantScopes }) => grantScopes !== undefined)) return null
    const own = guards.map(({ authScopes }) => authScopes).filter((one) => one != null)
    if (!own.every(isOurs)) return null
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

interface TypeConfig {
  readonly pothosOptions: object
  readonly interfaces?: readonly unknown[]
}

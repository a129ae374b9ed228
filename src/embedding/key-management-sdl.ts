import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { GraphQLFieldResolver, GraphQLScalarType } from 'graphql'
import { latchkeyPlugin } from '../pothos/plugin.ts'
import { type LatchkeyAuthScopes, scopeAuthOptions } from '../pothos/scope-auth.ts'
import type { Principal } from '../principal.ts'
import { addKeyManagement } from './add-key-management.ts'
import type { KeyManagementOptions, KeyOwner } from './key-management-options.ts'
import { servicesOf } from './latchkey.ts'
import { ownPrincipalOf, principalInContext } from './resolver-context.ts'
import { resolversOf } from './resolvers-of.ts'
import { typeDefsOf } from './type-defs-of.ts'

type Found = Principal | null | undefined

export interface SdlKeyManagementOptions extends KeyManagementOptions {
  /**
   * Returns the principal of a request from its context, or a promise of it; `null` for an anonymous caller.
   * If it returns `undefined` or throws, the field fails. It may be the `principalOf` of `guardSchema`.
   * Default: `context.principal`, where `usePrincipal` puts it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the application knows the type of its context.
  readonly principalOf?: (context: any) => Found | Promise<Found>
  /**
   * The type of the application for the owner of a key, as `ApiKey.owner` and, if included,
   * `Principal.user` return it. Default: Latchkey's `User` if `users` is included; otherwise, the fields
   * do not exist.
   */
  readonly owner?: {
    /** The name of an object type in the SDL of the application. */
    readonly type: string
    /** Returns the owner as the resolvers of `type` expect it; `null` if the application has none. */
    // biome-ignore lint/suspicious/noExplicitAny: the application knows the type of its context.
    readonly resolve: (owner: KeyOwner, context: any) => unknown
  }
  /**
   * Whether `typeDefs` defines the directives `@public`, `@authenticated` and `@requiresScopes`. Set it to
   * `false` where another definition must remain the only one, such as that of Apollo Federation. Default:
   * `true`.
   */
  readonly defineDirectives?: boolean
}

export interface KeyManagementSdl {
  /** Definitions, those of `Query`, `Mutation` and `Subscription` included. GraphQL Tools merges them with others. */
  readonly typeDefs: string
  /** The resolvers of the fields and scalars in `typeDefs`, in the form of GraphQL Tools. */
  readonly resolvers: Resolvers
}

export type Resolvers = Record<string, FieldResolvers | GraphQLScalarType>

export type FieldResolvers = Record<string, Resolver | ResolverWithRules | SubscriptionResolver>

// biome-ignore lint/suspicious/noExplicitAny: the type of a context is that of the application.
export type Resolver = GraphQLFieldResolver<any, any>

export interface SubscriptionResolver {
  readonly subscribe: Resolver
  readonly resolve: Resolver
}

interface ResolverWithRules {
  readonly resolve: Resolver
  readonly extensions: Record<string, unknown>
}

/**
 * Returns the types, queries, mutations and the subscription of API keys as SDL with resolvers, for a schema that is written
 * as SDL. They are those that `addKeyManagement` of `latchkey/pothos` adds. Each resolver checks the scopes
 * of its field itself, in addition to a check of the whole operation.
 *
 * @throws TypeError if an option is not valid
 */
export function keyManagement(options: SdlKeyManagementOptions): KeyManagementSdl {
  const { latchkey, owner, defineDirectives = true } = options
  const { principalOf = principalInContext, include, typePrefix, fieldPrefix } = options
  const principals = settling(principalOf)
  const builder = new SchemaBuilder<{
    Context: object
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    latchkey: { scopes: servicesOf(latchkey).catalogue },
    scopeAuth: scopeAuthOptions(ownPrincipalOf(latchkey, principals.principalOf)),
  })
  /** The application's own type takes the place of this one. */
  const placeholder = (name: string) =>
    builder.objectRef<object>(name).implement({
      fields: (t) => ({ placeholder: t.boolean({ resolve: () => true }) }),
    })
  addKeyManagement(builder, {
    latchkey,
    include,
    typePrefix,
    fieldPrefix,
    ...(owner !== undefined && {
      owner: {
        type: placeholder(owner.type),
        resolve: (of, context) => owner.resolve(of, context) as object | null,
      },
    }),
  })
  const schema = builder.toSchema()
  const foreign = new Set(owner === undefined ? [] : [owner.type])
  return {
    typeDefs: typeDefsOf(schema, { foreign, defineDirectives }),
    resolvers: resolversOf(schema, foreign, principals.prepare),
  }
}

/**
 * Makes a `principalOf` that returns promises usable where the principal is read synchronously: `prepare`
 * waits for the principal of a context, and the returned `principalOf` then has it.
 */
function settling(principalOf: (context: object) => Found | Promise<Found>) {
  const settled = new WeakMap<object, Found>()
  return {
    prepare(context: object): void | Promise<void> {
      const found = principalOf(context)
      if (!(found instanceof Promise)) return undefined
      return found.then((principal) => {
        settled.set(context, principal)
      })
    },
    principalOf(context: object): Found {
      if (settled.has(context)) return settled.get(context)
      const found = principalOf(context)
      if (!(found instanceof Promise)) return found
      // `prepare` reports a failure.
      found.catch(() => {})
      return undefined
    },
  }
}

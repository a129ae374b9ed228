import SchemaBuilder from '@pothos/core'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import ZodPlugin from '@pothos/plugin-zod'
import type { GraphQLSchema } from 'graphql'
import { DateTimeResolver } from 'graphql-scalars'
import type { Latchkey } from '../../src/embedding/latchkey.ts'
import type { Principal } from '../../src/index.ts'
import {
  addKeyManagement,
  type KeyManagementOptions,
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import { shopScopes } from '../support/embedded.ts'

export interface Context {
  readonly principal: Principal | null
}

export interface Customer {
  readonly subject: string
  readonly nickname: string
}

/** The builder of an application with the plugins of Pothos that change fields and types. */
export function shopBuilder() {
  const builder = new SchemaBuilder<{
    Context: Context
    Scopes: keyof typeof shopScopes
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
    Scalars: { DateTime: { Input: Date; Output: Date } }
  }>({
    plugins: [
      latchkeyPlugin,
      ErrorsPlugin,
      ScopeAuthPlugin,
      RelayPlugin,
      DataloaderPlugin,
      ZodPlugin,
    ],
    latchkey: { scopes: shopScopes },
    scopeAuth: scopeAuthOptions((context) => context.principal),
    relay: { nodeQueryOptions: { public: true }, nodesQueryOptions: { public: true } },
    errors: { defaultTypes: [Error] },
  })
  builder.addScalarType('DateTime', DateTimeResolver)
  builder.objectType(Error, {
    name: 'Failure',
    fields: (t) => ({ text: t.exposeString('message') }),
  })
  builder.queryType({
    description: 'The shop.',
    fields: (t) => ({
      orders: t.stringList({ requiresScopes: 'read:orders', resolve: () => ['one', 'two'] }),
      opened: t.field({ type: 'DateTime', public: true, resolve: () => new Date(0) }),
    }),
  })
  return builder
}

/** Returns the schema of that application with API keys. */
export function shopSchema(
  latchkey: Latchkey,
  options: Omit<KeyManagementOptions, 'latchkey'> = {},
): GraphQLSchema {
  const builder = shopBuilder()
  addKeyManagement(builder, { latchkey, ...options })
  return builder.toSchema()
}

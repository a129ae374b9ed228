import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import {
  type LatchkeyAuthScopes,
  latchkeyPlugin,
  scopeAuthOptions,
} from '../../src/pothos/index.ts'
import type { Principal } from '../../src/principal.ts'

export const shopScopes = {
  'read:orders': 'Read orders.',
  'write:orders': 'Place orders.',
  'read:prices': 'Read what things cost.',
  admin: 'Everything else.',
}

export type ShopScope = keyof typeof shopScopes

export interface Context {
  principal: Principal | null
}

/** Makes the builder of an application with its own scope names. */
export function createBuilder() {
  return new SchemaBuilder<{
    Context: Context
    Scopes: ShopScope
    AuthScopes: LatchkeyAuthScopes
    DefaultAuthStrategy: 'all'
  }>({
    plugins: [latchkeyPlugin, ScopeAuthPlugin],
    latchkey: { scopes: shopScopes },
    scopeAuth: scopeAuthOptions((context) => context.principal),
  })
}

export function principalWith(...scopes: string[]): Principal {
  return {
    issuer: 'https://issuer.example',
    subject: 'ada',
    userId: '0',
    scopes: new Set(scopes),
    credential: {
      kind: 'API_KEY',
      id: 'key',
      name: 'test',
      issuer: null,
      scopes,
      expiresAt: null,
    },
  }
}

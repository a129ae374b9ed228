import type { ApiKey } from '../keys/api-key.ts'
import { withinGrant } from '../principal.ts'
import { grantOf } from '../users/user.ts'
import { ownerOf } from './api-key-lineage.ts'
import type { registerApiKeyUse } from './api-key-use.ts'
import type { Builder, OutputRef } from './builder.ts'
import { costs } from './costs.ts'

type ScopeUseRef = ReturnType<typeof registerApiKeyUse>['ScopeUseRef']

/** Adds the scopes of a key, and those that requests have needed. */
export function registerApiKeyScopes(
  builder: Builder,
  ApiKeyRef: OutputRef<ApiKey>,
  ScopeUseRef: ScopeUseRef,
): void {
  builder.objectFields(ApiKeyRef, (t) => ({
    scopes: t.stringList({
      description:
        'The scopes of the key itself: those given at creation or added since, minus those removed since. Sorted.',
      resolve: (key) => [...key.scopes],
    }),
    effectiveScopes: t.stringList({
      description:
        "The effective scopes of the key: those of its scopes that its owner's grant (see `User.scopes`) and all of its ancestors also allow. Sorted.",
      resolve: async (key, _args, context) => [
        ...withinGrant(key.lineageScopes, grantOf(await ownerOf(key, context))),
      ],
    }),
    usedScopes: t.field({
      type: [ScopeUseRef],
      extensions: costs.usedScopes,
      description:
        'The scopes that requests with the key have needed, sorted by name; may lag by up to 10 seconds. A scope is needed by a selected field, by the arguments of a mutation, or by a request to `/auth/verify` or `/oauth2/introspect`.',
      resolve: async (key, _args, { loaders }) => [...(await loaders.scopeUses.load(key.id))],
    }),
    unusedScopes: t.stringList({
      description:
        'The `scopes` of the key that are not in `usedScopes`, sorted. `updateApiKey` can remove them.',
      resolve: async (key, _args, { loaders }) => {
        const used = new Set((await loaders.scopeUses.load(key.id)).map(({ scope }) => scope))
        return key.scopes.filter((scope) => !used.has(scope))
      },
    }),
  }))
}

import type { PreviousSecret, ScopeUse } from '../keys/api-key.ts'
import type { Builder } from './builder.ts'

/** Registers the types that show how a key is used. */
export function registerApiKeyUse(builder: Builder) {
  const PreviousSecretRef = builder.objectRef<PreviousSecret>('PreviousSecret').implement({
    description: 'The secret of an API key that a rotation replaced and that still works.',
    fields: (t) => ({
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description: 'The time at which the grace period ends and the old secret stops working.',
      }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'The time at which the old secret was last used since the rotation; may lag by up to 10 seconds. Null if it was not used since then.',
      }),
    }),
  })
  const ScopeUseRef = builder.objectRef<ScopeUse>('ScopeUse').implement({
    description: 'A scope that requests with an API key have needed.',
    fields: (t) => ({
      scope: t.exposeString('scope', { description: 'The name of the scope.' }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        description: 'The time of the latest request that needed the scope.',
      }),
    }),
  })
  return { PreviousSecretRef, ScopeUseRef }
}

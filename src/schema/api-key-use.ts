import type { PreviousSecret, ScopeUse } from '../keys/api-key.ts'
import type { Builder } from './builder.ts'

/** What is known of how a key is used. */
export function registerApiKeyUse(builder: Builder) {
  const PreviousSecretRef = builder.objectRef<PreviousSecret>('PreviousSecret').implement({
    description: 'What a rotation left behind.',
    fields: (t) => ({
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description: 'When the old secret stops to work.',
      }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'When someone used the old secret last since the rotation; null: no one did. At most 10 seconds late.',
      }),
    }),
  })
  const ScopeUseRef = builder.objectRef<ScopeUse>('ScopeUse').implement({
    description: 'That a scope was needed.',
    fields: (t) => ({
      scope: t.exposeString('scope'),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        description: 'When the latest operation ran that needed it.',
      }),
    }),
  })
  return { PreviousSecretRef, ScopeUseRef }
}

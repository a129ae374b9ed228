import { maxAgentLength } from '../credentials/use-origin.ts'
import type { KeyUseOrigin, PreviousSecret, ScopeUse } from '../keys/api-key.ts'
import type { Builder } from './builder.ts'

/** The reasons why no client is stored. */
export const unknownClient =
  'Null if no use was recorded, if the client is unknown, and if clients are not recorded (`RECORD_CLIENTS`).'

/** Registers the types that show how a key is used. */
export function registerApiKeyUse(builder: Builder) {
  const KeyUseOriginRef = builder.objectRef<KeyUseOrigin>('KeyUseOrigin').implement({
    description:
      'The client that used an API key. Clients choose their user agent, so it identifies no one.',
    fields: (t) => ({
      address: t.exposeString('address', {
        nullable: true,
        description:
          'The IP address of the client, behind the proxies that the server trusts. Null if it is unknown.',
      }),
      userAgent: t.exposeString('userAgent', {
        nullable: true,
        description: `The header \`User-Agent\`: its first ${maxAgentLength} characters, without control characters. Null if the client sent none.`,
      }),
    }),
  })
  const PreviousSecretRef = builder.objectRef<PreviousSecret>('PreviousSecret').implement({
    description: 'The secret of an API key that a rotation replaced and that still works.',
    fields: (t) => ({
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description:
          'The time at which the grace period ends and the previous secret stops working.',
      }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'The time at which the previous secret was last used since the rotation; may lag by up to 10 seconds. Null if it was not used since then.',
      }),
      lastUsedFrom: t.expose('lastUsedFrom', {
        type: KeyUseOriginRef,
        nullable: true,
        description: `The client that used the previous secret at \`lastUsedAt\`. ${unknownClient}`,
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
  return { KeyUseOriginRef, PreviousSecretRef, ScopeUseRef }
}

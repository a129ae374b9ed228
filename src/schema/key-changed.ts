import { ScopesNotHeldError } from '../errors.ts'
import { type KeyChangeKind, keyChangeKinds } from '../keys/key-events.ts'
import type { StreamEnd } from '../keys/pending-changes.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import { principalOf, RequestLoaders, type ResolverContext } from './context.ts'
import { type KeyChange, KeyChanges } from './key-change-iterator.ts'

const kinds: Readonly<Record<KeyChangeKind, { readonly description: string }>> = {
  CREATED: { description: 'The key was created.' },
  UPDATED: {
    description:
      'The name, description, metadata, scopes or expiry of the key changed, or the grace period of a rotation was ended.',
  },
  ROTATED: { description: 'The key has a new secret.' },
  REVOKED: { description: 'The key was revoked, directly or with an ancestor.' },
  USED: { description: 'The key was used. Reported up to 15 seconds late, and not for each use.' },
  EXPIRED: { description: 'The key has expired. Reported up to 5 seconds late.' },
}

/** Adds the subscription to changes of keys. */
export function registerKeyChanged(builder: Builder, { ApiKeyRef }: ApiKeyTypes): void {
  const KeyChangeKindRef = builder.enumType('KeyChangeKind', {
    description: 'The kind of a change to an API key.',
    values: Object.fromEntries(keyChangeKinds.map((kind) => [kind, kinds[kind]])) as typeof kinds,
  })
  const KeyChangeRef = builder.objectRef<KeyChange>('KeyChange').implement({
    description: 'A change to an API key.',
    fields: (t) => ({
      kind: t.expose('kind', {
        type: KeyChangeKindRef,
        description: 'The kind of the change. Of several changes at once, the most important one.',
      }),
      apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The key after the change.' }),
    }),
  })
  builder.subscriptionFields((t) => ({
    keyChanged: t.field({
      type: KeyChangeRef,
      requiresScopes: 'read:keys',
      description:
        'Reports each change to the API keys of one user, whatever causes it. Changes that a slow client has not received yet are combined for each key. Deleted keys are not reported.\n\n`SERVICE_UNAVAILABLE` ends the stream if changes may have been missed: subscribe again, then read the list again.',
      args: {
        ownerId: t.arg.id({
          description:
            'The id of the user who owns the keys. Default: the user of the caller. Another user requires scopes `manage:keys` and `read:users`.',
        }),
      },
      subscribe: (_root, { ownerId }, context) => changesOf(context, ownerId ?? null),
      resolve: (change: KeyChange | StreamEnd) => {
        if ('error' in change) throw change.error
        return change
      },
    }),
  }))
}

/** @throws ScopesNotHeldError, ServiceUnavailableError, RateLimitedError */
function changesOf(
  context: ResolverContext,
  ownerId: string | null,
): AsyncIterableIterator<KeyChange | StreamEnd> {
  const { keys, keyChanges } = context.services
  const principal = principalOf(context)
  const owner = ownerId === null ? principal.userId : ownerId.toLowerCase()
  /** The scopes may change while the stream lasts. */
  const requireReadable = (): void => {
    const filter = keys.filter(principalOf(context), { ownerId: owner, status: null })
    if (filter === null) throw mayNotRead(context)
  }
  requireReadable()
  // The loaders of a request keep what they have read, for as long as the stream lasts.
  ;(context as { loaders: ResolverContext['loaders'] }).loaders = new RequestLoaders(
    context.services,
    { cache: false },
  )
  return new KeyChanges({
    stream: keyChanges.open(owner, principal.userId),
    requireReadable,
    read: (id) => keys.read(principalOf(context), id),
  })
}

function mayNotRead(context: ResolverContext): ScopesNotHeldError {
  const { scopes } = principalOf(context)
  return new ScopesNotHeldError(
    ['manage:keys', 'read:users'].filter((scope) => !scopes.has(scope)),
    "Reading another user's API keys requires `manage:keys` and `read:users`.",
  )
}

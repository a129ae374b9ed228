import { NotFoundError } from '../errors.ts'
import type { ApiKey } from '../keys/api-key.ts'
import { maxDescendants } from '../keys/rules.ts'
import type { User } from '../users/user.ts'
import type { Builder, OutputRef } from './builder.ts'
import type { ResolverContext } from './context.ts'
import { costs } from './costs.ts'
import type { OwnerType } from './owner-type.ts'

/** Adds the owner, the parent and the descendants of a key. */
export function registerApiKeyLineage(
  builder: Builder,
  ApiKeyRef: OutputRef<ApiKey>,
  owner: OwnerType | null,
): void {
  builder.objectFields(ApiKeyRef, (t) => ({
    ...(owner !== null && {
      owner: t.field({
        type: owner.ref,
        nullable: owner.nullable,
        description: 'The user who owns the key.',
        resolve: async (key, _args, context) => owner.resolve(await ownerOf(key, context), context),
      }),
    }),
    parent: t.field({
      type: ApiKeyRef,
      nullable: true,
      description:
        'The key that created this key. This key never has an effective scope that its parent lacks, never expires later, and is revoked with its parent. Null if a JWT or an operator created this key.',
      resolve: (key, _args, { loaders }) =>
        key.parentId === null ? null : loaders.apiKey.load(key.parentId),
    }),
    descendants: t.field({
      type: [ApiKeyRef],
      extensions: costs.descendants,
      description: `The keys that this key, its children and their descendants created, at most ${maxDescendants}. Keys that are not revoked come first, and parents before their children.`,
      resolve: async (key, _args, { loaders }) => [...(await loaders.descendants.load(key.id))],
    }),
  }))
}

/** A key is deleted with its owner, so the owner is missing only if it was deleted during this request. */
export async function ownerOf(key: ApiKey, { loaders }: ResolverContext): Promise<User> {
  const owner = await loaders.user.load(key.ownerId)
  if (owner === null) throw new NotFoundError('user')
  return owner
}

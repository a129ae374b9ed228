import type { Actor } from '../audit/actor.ts'
import { ConflictError, NotFoundError, ScopesNotHeldError } from '../errors.ts'
import { type OwnerRef, ownerIdOf } from '../owner.ts'
import type { Principal } from '../principal.ts'
import { optionalText, requiredText } from '../text-rules.ts'
import type { CreateKeyInput, IssuedKey } from './inputs.ts'
import type { KeyMaker } from './maker.ts'
import {
  checkMetadata,
  descriptionRule,
  maxLineageDepth,
  nameRule,
  resolveExpiry,
} from './rules.ts'
import type { KeyStore } from './store.ts'

export interface IssueOptions {
  readonly store: Pick<KeyStore, 'insert'>
  readonly maker: KeyMaker
  /** The most active keys (neither revoked nor expired) that one owner may have. */
  readonly maxPerOwner: number
  /** `null`: no limit. */
  readonly maxLifetimeDays: number | null
  readonly now: () => Date
}

export interface NewKeyRequest {
  readonly owner: OwnerRef
  /** The key that creates this one; `null`: a JWT or an operator does. */
  readonly parent: ParentKey | null
  readonly input: CreateKeyInput
  /** The scopes of `input` after the checks. */
  readonly scopes: readonly string[]
  readonly by: Actor
  /** The most active keys that the owner may then have, this one included. Default: `maxPerOwner`. */
  readonly limit?: number | undefined
}

interface ParentKey {
  readonly id: string
  readonly expiresAt: Date | null
}

/** A key with the id of the new one exists: another call has imported the same key meanwhile. */
export class KeyIdTakenError extends Error {
  override readonly name = 'KeyIdTakenError'
}

/** @throws BadUserInputError, ConflictError, KeyIdTakenError */
export async function issueKey(
  { store, maker, maxPerOwner, maxLifetimeDays, now }: IssueOptions,
  { owner, parent, input, scopes, by, limit = maxPerOwner }: NewKeyRequest,
): Promise<IssuedKey> {
  const createdAt = now()
  const { id, key, secretHash, secretPepper } = maker.newKey()
  const outcome = await store.insert(
    {
      id,
      ownerId: ownerIdOf(owner),
      parentId: parent?.id ?? null,
      name: requiredText('name', input.name, nameRule),
      description: optionalText('description', input.description, descriptionRule),
      scopes,
      metadata: checkMetadata(input.metadata ?? {}),
      secretHash,
      secretPepper,
      createdAt,
      expiresAt: resolveExpiry(input.expiresAt, createdAt, {
        parentExpiresAt: parent?.expiresAt ?? null,
        maxLifetimeDays,
      }),
    },
    limit,
    by,
  )
  switch (outcome) {
    case 'limit-reached':
      throw new ConflictError(
        `The owner may have at most ${limit} active ${limit === 1 ? 'key' : 'keys'}. Revoke one first.`,
      )
    case 'parent-gone':
      if (parent === null) throw new NotFoundError('user')
      throw new ConflictError(
        'The parent of the new key was revoked. Create the key with another credential.',
      )
    case 'too-deep':
      throw new ConflictError(
        `A key may have at most ${maxLineageDepth} ancestors. Create the key with one of the ancestors.`,
      )
    case 'id-taken':
      throw new KeyIdTakenError()
    default:
      // Another request has narrowed the parent since the caller was authenticated.
      if ('notHeld' in outcome) throw new ScopesNotHeldError(outcome.notHeld)
      return { apiKey: outcome, secret: key }
  }
}

/** The parent of a new key: the key that creates it; `null` for a JWT. */
export function parentFor({ credential }: Principal): ParentKey | null {
  return credential.kind === 'API_KEY' && credential.id !== null
    ? { id: credential.id, expiresAt: credential.expiresAt }
    : null
}

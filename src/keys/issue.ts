import type { Actor } from '../audit/actor.ts'
import { ConflictError } from '../errors.ts'
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
  /** Keys of one owner that are neither revoked nor expired. */
  readonly maxPerOwner: number
  /** `null`: no limit. */
  readonly maxLifetimeDays: number | null
  readonly now: () => Date
}

export interface NewKeyRequest {
  readonly owner: OwnerRef
  /** The key that makes this one. */
  readonly parent: ParentKey | null
  readonly input: CreateKeyInput
  /** Those of `input`, checked. */
  readonly scopes: readonly string[]
  readonly by: Actor
  /** Active keys of the owner at most, this one included; default: `maxPerOwner`. */
  readonly limit?: number | undefined
}

interface ParentKey {
  readonly id: string
  readonly expiresAt: Date | null
}

/** @throws BadUserInputError, ConflictError */
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
        `There may be ${maxPerOwner} active ${maxPerOwner === 1 ? 'key' : 'keys'} at most. Revoke one first.`,
      )
    case 'parent-gone':
      throw new ConflictError('The key that this one is made with was revoked meanwhile.')
    case 'too-deep':
      throw new ConflictError(
        `Keys made by keys may form a chain of at most ${maxLineageDepth}. Use one nearer to its start.`,
      )
    default:
      return { apiKey: outcome, secret: key }
  }
}

/** A key that is made with a key is its child. */
export function parentFor({ credential }: Principal): ParentKey | null {
  return credential.kind === 'API_KEY' && credential.id !== null
    ? { id: credential.id, expiresAt: credential.expiresAt }
    : null
}

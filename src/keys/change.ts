import type { Actor } from '../audit/actor.ts'
import { BadUserInputError, ConflictError } from '../errors.ts'
import { requireDistinctScopes } from '../scope-rules.ts'
import { holdsAll } from '../scopes.ts'
import { optionalText, requiredText } from '../text-rules.ts'
import type { ApiKey } from './api-key.ts'
import type { UpdateKeyInput } from './inputs.ts'
import { checkMetadata, descriptionRule, nameRule } from './rules.ts'
import type { KeyChange, KeyStore } from './store.ts'
import { requireWidenable } from './widen.ts'

export interface ChangeKeyOptions {
  readonly store: Pick<KeyStore, 'update'>
  readonly by: Actor
  readonly now: Date
  /** The scopes to add, after the checks of the caller; `null`: none. */
  readonly addScopes: readonly string[] | null
  /** Whether the owner's grant must allow the added scopes. */
  readonly limitsToGrant: boolean
}

/**
 * Changes a key that the caller may change.
 *
 * @throws BadUserInputError, ConflictError, ScopesNotHeldError
 */
export async function changeKey(
  { store, by, addScopes, ...rules }: ChangeKeyOptions,
  key: ApiKey,
  input: UpdateKeyInput,
): Promise<ApiKey> {
  if (key.revokedAt !== null) throw revokedKey()
  const change = { ...toKeyChange(input, key), ...(addScopes !== null && { addScopes }) }
  if (Object.keys(change).length === 0) return key
  const updated = await store.update(key.id, change, by, (current, bounds) => {
    requireScopeLeft(current, change)
    if (addScopes !== null && bounds !== null) requireWidenable(current, addScopes, bounds, rules)
  })
  if (updated === null) throw revokedKey()
  return updated
}

/** Ends the grace period of the last rotation. @throws ConflictError */
export async function expirePreviousSecret(
  store: Pick<KeyStore, 'expirePrevious'>,
  id: string,
  now: Date,
  by: Actor,
): Promise<ApiKey> {
  const expired = await store.expirePrevious(id, now, by)
  if (expired === null) {
    throw new ConflictError('The API key has expired or was revoked. None of its secrets works.')
  }
  return expired
}

export function revokedKey(): ConflictError {
  return new ConflictError('The API key was revoked and cannot be changed.')
}

/** Returns the change that an update requests. @throws BadUserInputError */
function toKeyChange(input: UpdateKeyInput, key: ApiKey): KeyChange {
  return {
    ...(input.name != null && { name: requiredText('name', input.name, nameRule) }),
    ...(input.description !== undefined && {
      description: optionalText('description', input.description, descriptionRule),
    }),
    ...(input.metadata != null && { metadata: checkMetadata(input.metadata) }),
    ...(input.scopes != null && { scopes: narrowedTo(input.scopes, key) }),
  }
}

/** Returns the scopes that a key keeps after an update; `null`: all. @throws BadUserInputError */
export function narrowedScopes({ scopes }: UpdateKeyInput, key: ApiKey): readonly string[] | null {
  return scopes == null ? null : narrowedTo(scopes, key)
}

function narrowedTo(requested: readonly string[], key: ApiKey): readonly string[] {
  const scopes = requireDistinctScopes('scopes', requested)
  if (scopes.length === 0) {
    throw new BadUserInputError(
      'scopes',
      '`scopes` must keep at least one scope. To remove all scopes, revoke the key.',
    )
  }
  if (!holdsAll(scopes, new Set(key.scopes))) {
    throw new BadUserInputError(
      'scopes',
      `\`scopes\` can only remove scopes: the key has ${key.scopes.join(', ')}. Add scopes with \`addScopes\`.`,
    )
  }
  return scopes
}

/** Another request may have removed scopes since the key was read. @throws ConflictError */
function requireScopeLeft(current: ApiKey, { scopes }: KeyChange): void {
  if (scopes !== undefined && !scopes.some((scope) => current.scopes.includes(scope))) {
    throw new ConflictError(
      `Another request removed scopes from the key. It now has only ${current.scopes.join(', ')}.`,
    )
  }
}

/** Allows only `scopes` for the key of another owner. @throws BadUserInputError */
export function requireOnlyNarrowing(input: UpdateKeyInput): void {
  for (const field of ['name', 'description', 'metadata'] as const) {
    if (input[field] !== undefined) {
      throw new BadUserInputError(field, `Only the owner of a key can change its \`${field}\`.`)
    }
  }
}

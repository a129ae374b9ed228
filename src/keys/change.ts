import { BadUserInputError, ConflictError } from '../errors.ts'
import { requireDistinctScopes } from '../scope-rules.ts'
import { holdsAll } from '../scopes.ts'
import { optionalText, requiredText } from '../text-rules.ts'
import type { ApiKey } from './api-key.ts'
import type { UpdateKeyInput } from './inputs.ts'
import { checkMetadata, descriptionRule, nameRule } from './rules.ts'
import type { KeyChange } from './store.ts'

/** What an update asks for. @throws BadUserInputError */
export function toKeyChange(input: UpdateKeyInput, key: ApiKey): KeyChange {
  return {
    ...(input.name != null && { name: requiredText('name', input.name, nameRule) }),
    ...(input.description !== undefined && {
      description: optionalText('description', input.description, descriptionRule),
    }),
    ...(input.metadata != null && { metadata: checkMetadata(input.metadata) }),
    ...(input.scopes != null && { scopes: narrowed(input.scopes, key) }),
  }
}

function narrowed(requested: readonly string[], key: ApiKey): readonly string[] {
  const scopes = requireDistinctScopes('scopes', requested)
  if (scopes.length === 0) {
    throw new BadUserInputError(
      'scopes',
      '`scopes` must keep at least one scope; or revoke the key.',
    )
  }
  if (!holdsAll(scopes, new Set(key.scopes))) {
    throw new BadUserInputError(
      'scopes',
      `\`scopes\` can only be narrowed: the key has ${key.scopes.join(', ')}. Make a new key for more.`,
    )
  }
  return scopes
}

/** Someone else may have narrowed the key since it was read. @throws ConflictError */
export function requireScopeLeft(current: ApiKey, { scopes }: KeyChange): void {
  if (scopes !== undefined && !scopes.some((scope) => current.scopes.includes(scope))) {
    throw new ConflictError(
      `The key was narrowed meanwhile and has only ${current.scopes.join(', ')}.`,
    )
  }
}

/** For another owner's key. @throws BadUserInputError */
export function requireOnlyNarrowing(input: UpdateKeyInput): void {
  for (const field of ['name', 'description', 'metadata'] as const) {
    if (input[field] !== undefined) {
      throw new BadUserInputError(field, `\`${field}\` of a key is its owner's to change.`)
    }
  }
}

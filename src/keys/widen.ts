import { BadUserInputError, ConflictError, ScopesNotHeldError } from '../errors.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { requireKnownScopes } from '../scope-rules.ts'
import { administrativeScopes, type ScopeCatalogue } from '../scopes.ts'
import { type ApiKey, previousSecret } from './api-key.ts'
import type { UpdateKeyInput } from './inputs.ts'
import type { WideningBounds } from './store.ts'

/**
 * Returns the scopes that an update adds; `null`: it adds none.
 *
 * @throws BadUserInputError
 */
export function requestedWidening(
  { scopes, addScopes }: UpdateKeyInput,
  catalogue: ScopeCatalogue,
): readonly string[] | null {
  if (addScopes == null) return null
  if (scopes != null) {
    throw new BadUserInputError(
      'addScopes',
      'Send `scopes` to remove scopes or `addScopes` to add scopes, not both.',
    )
  }
  const added = requireKnownScopes('addScopes', addScopes, catalogue)
  const administrative = added.find((scope) => administrativeScopes.has(scope))
  if (administrative === undefined) return added
  throw new BadUserInputError(
    'addScopes',
    `\`addScopes\`: \`${administrative}\` cannot be added to a key. Create a new key with it.`,
  )
}

/**
 * An API key cannot widen itself, even while a cached principal of it still has a scope that it has lost.
 *
 * @throws ScopesNotHeldError
 */
export function requireOtherKey({ credential }: Principal, id: string, added: readonly string[]) {
  if (credential.kind !== 'API_KEY' || credential.id !== id) return
  throw new ScopesNotHeldError(
    added,
    'An API key cannot add scopes to itself. Use another credential of its owner.',
  )
}

/**
 * Checks an addition of scopes against the state of the key at the time of the change.
 *
 * @param limitsToGrant whether the owner's grant must allow the scopes, which the caller's credential is
 *   subject to
 * @throws ConflictError during a grace period: the previous secret would be widened too
 * @throws ScopesNotHeldError if the grant or the parent lacks one of the scopes
 */
export function requireWidenable(
  key: ApiKey,
  requested: readonly string[],
  { grant, parentScopes }: WideningBounds,
  { now, limitsToGrant }: { readonly now: Date; readonly limitsToGrant: boolean },
): void {
  const added = requested.filter((scope) => !key.scopes.includes(scope))
  if (added.length === 0) return
  const previous = previousSecret(key, now)
  if (previous !== null) {
    throw new ConflictError(
      `The previous secret of the key works until ${previous.expiresAt.toISOString()} and would get the scopes too. Wait until then, or end it with \`expirePreviousSecret\`.`,
    )
  }
  const granted = withinGrant(added, grant)
  const beyondGrant = added.filter((scope) => !granted.includes(scope))
  if (limitsToGrant && beyondGrant.length > 0) throw new ScopesNotHeldError(beyondGrant)
  if (parentScopes === null) return
  const beyondParent = added.filter(
    (scope) => !parentScopes.includes(scope) || beyondGrant.includes(scope),
  )
  if (beyondParent.length > 0) {
    throw new ScopesNotHeldError(
      beyondParent,
      `The parent of the key does not hold ${beyondParent.map((scope) => `\`${scope}\``).join(', ')}. A key never has a scope that its parent lacks.`,
    )
  }
}

import { NotFoundError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { KeyAccess } from './access.ts'
import type { ApiKey } from './api-key.ts'
import { requireOnlyNarrowing, revokedKey } from './change.ts'
import type { UpdateKeyInput } from './inputs.ts'
import { requestedWidening, requireOtherKey } from './widen.ts'

interface UpdateOptions {
  readonly access: KeyAccess
  readonly catalogue: ScopeCatalogue
}

/**
 * Returns the key that the caller may update in this way, and the scopes to add; `null`: none.
 *
 * @param discloses whether the response shows more of the key than the outcome of the change
 * @throws NotFoundError, BadUserInputError, ScopesNotHeldError, ConflictError
 */
export async function findUpdatable(
  { access, catalogue }: UpdateOptions,
  principal: Principal,
  input: UpdateKeyInput,
  discloses = true,
): Promise<{ readonly key: ApiKey; readonly addScopes: readonly string[] | null }> {
  const addScopes = requestedWidening(input, catalogue)
  // Scopes are added to the caller's own keys only.
  const other = addScopes === null ? await access.findManaged(principal, input.id, discloses) : null
  const key = other ?? (await access.findChangeable(principal, input.id))
  if (key.revokedAt !== null) throw revokedKey()
  if (other !== null) requireOnlyNarrowing(input)
  if (addScopes !== null) {
    requireOtherKey(principal, key.id, addScopes)
    access.requireHeld(addScopes, principal)
  }
  return { key, addScopes }
}

/**
 * Returns the key that the caller may revoke.
 *
 * @param discloses as for {@link findUpdatable}
 * @throws NotFoundError, ScopesNotHeldError
 */
export async function findRevocable(
  access: KeyAccess,
  principal: Principal,
  id: string,
  discloses = true,
): Promise<ApiKey> {
  const key =
    (await access.findOwn(principal, id)) ?? (await access.findManaged(principal, id, discloses))
  if (key === null) throw new NotFoundError('API key')
  return key
}

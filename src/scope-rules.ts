import { BadUserInputError, ScopesNotHeldError } from './errors.ts'
import { isScopeName, type ScopeCatalogue, sorted } from './scopes.ts'

/** The catalogue lacks a scope. The commands add how to extend the catalogue. */
export class UnknownScopeError extends BadUserInputError {}

/**
 * Returns `scopes` sorted.
 *
 * @throws BadUserInputError when it is empty, or contains a scope twice or one that is not in `catalogue`
 */
export function requireKnownScopes(
  field: string,
  scopes: readonly string[],
  catalogue: ScopeCatalogue,
): readonly string[] {
  const unique = requireDistinctScopes(field, scopes)
  if (unique.length === 0) {
    throw new BadUserInputError(field, `\`${field}\` must name at least one scope.`)
  }
  requireInCatalogue(field, unique, catalogue)
  return unique
}

/**
 * Returns `scopes` sorted.
 *
 * @throws BadUserInputError when it contains a scope twice
 */
export function requireDistinctScopes(field: string, scopes: readonly string[]): readonly string[] {
  const unique = sorted(scopes)
  if (unique.length !== scopes.length) {
    throw new BadUserInputError(field, `\`${field}\` contains a scope twice.`)
  }
  return unique
}

/**
 * Nobody can grant scopes that they do not hold.
 *
 * @throws ScopesNotHeldError with the missing scopes
 */
export function requireHeld(scopes: readonly string[], held: ReadonlySet<string>): void {
  const missing = scopes.filter((scope) => !held.has(scope))
  if (missing.length > 0) throw new ScopesNotHeldError(missing)
}

/** @throws UnknownScopeError when a scope is not in `catalogue` */
export function requireInCatalogue(
  field: string,
  scopes: readonly string[],
  catalogue: ScopeCatalogue,
): void {
  const unknown = scopes.find((scope) => !catalogue.has(scope))
  if (unknown === undefined) return
  const named = isScopeName(unknown) ? `\`${unknown}\` is not a scope` : 'one is not a scope'
  throw new UnknownScopeError(
    field,
    `\`${field}\`: ${named} of this server. It has ${[...catalogue.keys()].join(', ')}.`,
  )
}

import type { ScopeCatalogue } from '../scopes.ts'

const added = new WeakMap<object, ScopeCatalogue>()

/** Adds scopes to the catalogue of a builder, beside those in its options. */
export function addScopes(builder: object, scopes: ScopeCatalogue): void {
  added.set(builder, new Map([...addedScopes(builder), ...scopes]))
}

/** Returns the scopes that were added to the catalogue of a builder. */
export function addedScopes(builder: object): ScopeCatalogue {
  return added.get(builder) ?? new Map()
}

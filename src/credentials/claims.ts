import { isObject } from '../json.ts'
import { isScopeName } from '../scopes.ts'

export { isObject }

/** A JWT's claims as the token states them: nothing about them is known yet. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * Where a claim is found: the ways to it in the order tried, each the names to follow from the top.
 * More than one because a claim's own name may have dots in it, as Auth0's namespaced claims do.
 */
export type ClaimPath = readonly (readonly string[])[]

/** `realm_access.roles` is the claim of that very name or, failing that, `roles` in `realm_access`. */
export function claimPath(name: string): ClaimPath {
  return name.includes('.') ? [[name], name.split('.')] : [[name]]
}

/** The claim's value, or `undefined` where it is missing. Follows the claims' own members only. */
export function readClaim(claims: Claims, path: ClaimPath): unknown {
  for (const way of path) {
    const value = follow(claims, way)
    if (value !== undefined) return value
  }
  return undefined
}

function follow(claims: Claims, way: readonly string[]): unknown {
  let value: unknown = claims
  for (const name of way) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/**
 * The scope names that a claim lists, as a space-separated string (RFC 8693 §4.2) or an array of
 * strings; what is no scope name is left out. `undefined` when the claim is neither.
 */
export function scopeNames(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(' ').filter(isScopeName)
  if (!Array.isArray(value)) return undefined
  return value.filter((name) => typeof name === 'string' && isScopeName(name))
}

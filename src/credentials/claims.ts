import { isObject } from '../json.ts'
import { isScopeName } from '../scopes.ts'

export { isObject }

/** The claims of a JWT before any check. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * The paths at which a claim may be found, in the order in which they are tried. A path is a list of member
 * names. A name with dots has two paths, because the claim itself may be named so, as at Auth0.
 */
export type ClaimPath = readonly (readonly string[])[]

/** Returns the paths of a claim: `realm_access.roles` is a claim of that name, otherwise `roles` in `realm_access`. */
export function claimPath(name: string): ClaimPath {
  return name.includes('.') ? [[name], name.split('.')] : [[name]]
}

/** Returns the value of a claim, or `undefined` if it is missing. Inherited members are ignored. */
export function readClaim(claims: Claims, path: ClaimPath): unknown {
  for (const names of path) {
    const value = follow(claims, names)
    if (value !== undefined) return value
  }
  return undefined
}

function follow(claims: Claims, names: readonly string[]): unknown {
  let value: unknown = claims
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/**
 * Returns the scope names in a claim: a space-separated string (RFC 8693 §4.2) or an array of strings.
 * Other entries are left out, and those without `prefix`, which is removed. The result is `undefined` if the
 * claim is neither.
 */
export function scopeNames(value: unknown, prefix = ''): readonly string[] | undefined {
  const entries: unknown = typeof value === 'string' ? value.split(' ') : value
  if (!Array.isArray(entries)) return undefined
  return entries
    .filter((name) => typeof name === 'string')
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter(isScopeName)
}

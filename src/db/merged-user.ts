import { administrativeScopes, sorted } from '../scopes.ts'
import type { IssuerGrants } from './tables.ts'
import type { UserRow } from './user-rows.ts'

/** The columns of a user that decide what its credentials may do. */
export type Standing = Pick<
  UserRow,
  'status' | 'scopes' | 'issuerGrants' | 'issuerScopes' | 'signedOutAt' | 'signedOutTokens'
>

/** Returns the standing of a deleted user: that of a suspended one with the grant of the tombstone. */
export function standingOfTombstone(scopes: readonly string[] | null): Standing {
  return {
    status: 'SUSPENDED',
    scopes: scopes && [...scopes],
    issuerGrants: {},
    issuerScopes: null,
    signedOutAt: null,
    signedOutTokens: {},
  }
}

/**
 * Returns the standing of one user in the place of two. No credential of either may do more than before: the
 * grants are intersected, and a suspension and the later sign-out count.
 *
 * @param nullListsNothing whether a grant of `null` gives JWTs no scope (`scopesFrom`: `grant`)
 */
export function mergeStandings(
  one: Standing,
  other: Standing,
  nullListsNothing: boolean,
): Omit<Standing, 'issuerScopes'> {
  // A user without any ceiling has no administrative scope.
  const isAllowed = [one, other].some(isUnlimited)
    ? (scope: string) => !administrativeScopes.has(scope)
    : () => true
  const scopes = narrower(one.scopes, other.scopes, nullListsNothing)
  return {
    status: one.status === 'ACTIVE' ? other.status : one.status,
    scopes: scopes?.filter(isAllowed) ?? null,
    issuerGrants: mapGrants(mergeGrants(one, other), isAllowed),
    signedOutAt: later(one.signedOutAt, other.signedOutAt),
    signedOutTokens: { ...one.signedOutTokens, ...other.signedOutTokens },
  }
}

function isUnlimited({ scopes, issuerScopes }: Standing): boolean {
  return scopes === null && issuerScopes === null
}

/** Returns the intersection of two ceilings; `null`: unlimited. */
export function narrower(
  one: readonly string[] | null,
  other: readonly string[] | null,
  nullListsNothing = false,
): string[] | null {
  if (one !== null && other !== null) {
    return [...sorted(one.filter((scope) => other.includes(scope)))]
  }
  const only = one ?? other
  if (only === null) return null
  return nullListsNothing ? [] : [...sorted(only)]
}

/**
 * Limits what the issuer states for each audience to what it states of both users. JWTs that were issued before
 * the latest statement do not change it.
 */
function mergeGrants(one: Standing, other: Standing): IssuerGrants {
  const grants = [one.issuerGrants, other.issuerGrants].flatMap(Object.entries)
  const both = narrower(one.issuerScopes, other.issuerScopes)
  const iat = Math.max(...grants.map(([, grant]) => grant.iat))
  const merged = new Map<string, readonly string[]>()
  for (const [audience, { scopes }] of grants) {
    merged.set(audience, sorted([...(merged.get(audience) ?? []), ...scopes]))
  }
  const all = [...merged].map(([audience, scopes]) => [audience, { scopes, iat }] as const)
  return mapGrants(Object.fromEntries(all), (scope) => both?.includes(scope) === true)
}

function mapGrants(grants: IssuerGrants, isAllowed: (scope: string) => boolean): IssuerGrants {
  const entries = Object.entries(grants).map(
    ([audience, { scopes, iat }]) => [audience, { scopes: scopes.filter(isAllowed), iat }] as const,
  )
  return Object.fromEntries(entries)
}

function later(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other
  return one > other ? one : other
}

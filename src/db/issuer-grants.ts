import type { StatedGrant } from '../credentials/directory.ts'
import { sorted } from '../scopes.ts'
import type { IssuerGrants } from './tables.ts'

/**
 * What is known of an issuer's grants once `stated` is heard; `known` itself where that tells nothing
 * new. The latest word counts for each audience; of two of the same second only what both say, so the
 * order in which tokens come does not matter.
 */
export function mergeGrant(known: IssuerGrants, stated: StatedGrant): IssuerGrants {
  const before = Object.hasOwn(known, stated.audience) ? known[stated.audience] : undefined
  const scopes = sorted(stated.scopes)
  if (before === undefined || before.iat < stated.issuedAt) {
    return { ...known, [stated.audience]: { scopes, iat: stated.issuedAt } }
  }
  if (before.iat > stated.issuedAt) return known
  const shared = before.scopes.filter((scope) => scopes.includes(scope))
  if (shared.length === before.scopes.length) return known
  return { ...known, [stated.audience]: { scopes: shared, iat: before.iat } }
}

import type { StatedGrant } from '../credentials/directory.ts'
import { sorted } from '../scopes.ts'
import type { IssuerGrants } from './tables.ts'

/**
 * Adds the grant that a token states to the known grants of its issuer. Returns `known` itself if
 * nothing changes. For each audience the latest grant (`iat`) counts; of two grants of the same second,
 * only the scopes that both contain. The order in which tokens arrive therefore does not matter.
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

import type { Principal } from './principal.ts'
import { sorted } from './scopes.ts'

/**
 * Returns a text that is equal for principals that get the same answers: it contains the issuer, the subject and the
 * effective scopes. `null`: the caller is anonymous.
 */
export function keyOf(principal: Principal | null): string | null {
  if (principal === null) return null
  const { issuer, subject, scopes } = principal
  return JSON.stringify([issuer, subject, ...sorted([...scopes])])
}

import { administrativeScopes } from '../../../scopes.ts'

/** Whether a scope may be added to an existing key. Administrative ones are given at creation alone. */
export function isAddable(scope: string): boolean {
  return !administrativeScopes.has(scope)
}

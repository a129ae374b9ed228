import type { ResultOf } from 'gql.tada'
import type { UsedKey } from '../kit/key-uses.tsx'
import { usesOf } from '../kit/used-scopes.tsx'
import type { KeyEffectFragment } from './queries.ts'

interface StoppedKeys {
  readonly nodes: readonly ResultOf<typeof KeyEffectFragment>[]
  readonly totalCount: number
}

/**
 * Returns the descendants that the revocation of a key stops, and the number of those that are not listed.
 *
 * @param stopped the consequences of the revocation, newest first, so that the key itself may not be listed
 */
export function stoppedWith(
  id: string,
  stopped: StoppedKeys | undefined,
): { readonly descendants: readonly UsedKey[]; readonly unlisted: number } {
  if (stopped === undefined) return { descendants: [], unlisted: 0 }
  const others = stopped.nodes.filter(({ apiKey }) => apiKey.id !== id)
  return {
    descendants: others.map(({ apiKey, lostScopes }) => ({ ...apiKey, uses: usesOf(lostScopes) })),
    unlisted: Math.max(0, stopped.totalCount - 1 - others.length),
  }
}

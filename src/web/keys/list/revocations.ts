import { stringifyDocument, useQuery } from 'urql'
import { stoppedWith } from '../details/stopped-with.ts'
import { type Failure, failureOf } from '../graphql/failure.ts'
import type { UsedKey } from '../kit/key-uses.tsx'
import { usesOf } from '../kit/used-scopes.tsx'
import { type KeyRow, type Revocation, RevocationFragment } from './queries.ts'

/** The keys that a revocation of several keys stops. */
export interface Revocations {
  /** The selected keys, each with the uses of its scopes and its descendants, as far as they are known. */
  readonly keys: readonly UsedKey[]
  readonly isPending: boolean
  readonly failure: Failure | null
}

/** Predicts in one request which keys stop when these are revoked. */
export function useRevocations(keys: readonly KeyRow[]): Revocations {
  const [{ data, error, fetching }] = useQuery<Record<string, Revocation | null>>({
    query: documentFor(keys.length),
    variables: Object.fromEntries(keys.map(({ id }, index) => [`id${index}`, id])),
    requestPolicy: 'network-only',
  })
  return {
    keys: keys.map((key, index) => withConsequences(key, data?.[`key${index}`], keys)),
    isPending: fetching,
    failure: failureOf(error),
  }
}

/** Returns a query with one alias for each key, so that the server answers all of them together. */
function documentFor(count: number): string {
  const numbers = Array.from({ length: count }, (_, number) => number)
  return `
    query Revocations(${numbers.map((n) => `$id${n}: ID!`).join(', ')}) {
      ${numbers
        .map(
          (n) => `key${n}: consequences(of: { revokeApiKey: { id: $id${n} } }) { ...Revocation }`,
        )
        .join('\n')}
    }
    ${stringifyDocument(RevocationFragment)}`
}

/** Adds the consequences to a key. A descendant that is selected itself is listed once, as a selected key. */
function withConsequences(
  { id, name, lastUsedAt, usedScopes }: KeyRow,
  revocation: Revocation | null | undefined,
  selected: readonly KeyRow[],
): UsedKey {
  const { descendants, unlisted } = stoppedWith(id, revocation?.keys)
  const others = descendants.filter((key) => !selected.some((other) => other.id === key.id))
  return { id, name, lastUsedAt, uses: usesOf(usedScopes), descendants: others, unlisted }
}

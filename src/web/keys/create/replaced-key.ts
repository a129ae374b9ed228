import type { ResultOf } from 'gql.tada'
import { useSearchParams } from 'wouter'
import { graphql } from '../graphql/graphql.ts'
import { useQuery } from '../graphql/use-query.ts'

const ReplacedKeyQuery = graphql(`
  query ReplacedKey($id: ID!) {
    apiKey(id: $id) {
      id
      name
      description
      metadata
    }
  }
`)

export type ReplacedKey = NonNullable<ResultOf<typeof ReplacedKeyQuery>['apiKey']>

interface Replaceable {
  readonly id: string
  readonly scopes: readonly string[]
}

/** Returns the path of the form for a key that replaces another one and has these scopes. */
export function replacementPath({ id, scopes }: Replaceable): string {
  const scope = encodeURIComponent(scopes.join(' '))
  return `/new?scopes=${scope}&replaces=${encodeURIComponent(id)}`
}

/**
 * Returns the key that the link names in `replaces`, whose name, description and metadata the form starts with;
 * undefined while it is read. Null without such a key: the form is empty then.
 */
export function useReplacedKey(): ReplacedKey | null | undefined {
  const [parameters] = useSearchParams()
  const id = parameters.get('replaces')
  const [{ data, failure }] = useQuery({
    query: ReplacedKeyQuery,
    variables: { id: id ?? '' },
    pause: id === null,
  })
  if (id === null || failure !== null) return null
  return data === undefined ? undefined : data.apiKey
}

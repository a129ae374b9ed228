import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      scopes
      user {
        id
      }
    }
  }
`)

export interface Viewer {
  readonly userId: string
  readonly scopes: ReadonlySet<string>
}

/** Returns the user and the effective scopes of the session; null until they are known. */
export function useViewer(): Viewer | null {
  const [{ data }] = useQuery({ query: ViewerQuery })
  if (data?.viewer == null) return null
  return { userId: data.viewer.user.id, scopes: new Set(data.viewer.scopes) }
}

import { graphql } from '../graphql/graphql.ts'
import { useQuery } from '../graphql/use-query.ts'

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

/** Returns the viewer, or why it could not be read. Both are null until the server has answered. */
export function useViewerResult() {
  const [{ data, failure }, reload] = useQuery({ query: ViewerQuery })
  const viewer: Viewer | null =
    data?.viewer == null
      ? null
      : { userId: data.viewer.user.id, scopes: new Set(data.viewer.scopes) }
  return { viewer, failure, reload }
}

/** Returns the user and the effective scopes of the session; null until they are known. */
export const useViewer = (): Viewer | null => useViewerResult().viewer

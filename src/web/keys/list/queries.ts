import type { ResultOf } from 'gql.tada'
import { graphql } from '../graphql/graphql.ts'

export const KeyRowFragment = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    start
    scopes
    status
    expiresAt
    lastUsedAt
    lastUsedFrom {
      address
      userAgent
    }
    previousSecret {
      expiresAt
    }
  }
`)

export type KeyRow = ResultOf<typeof KeyRowFragment>

export const KeyListQuery = graphql(
  `
    query KeyList(
      $first: Int
      $after: String
      $last: Int
      $before: String
      $search: String
      $status: ApiKeyStatus
      $sort: ApiKeySort
    ) {
      apiKeys(
        first: $first
        after: $after
        last: $last
        before: $before
        search: $search
        status: $status
        sort: $sort
      ) {
        totalCount
        nodes {
          ...KeyRow
        }
        pageInfo {
          startCursor
          endCursor
          hasNextPage
          hasPreviousPage
        }
      }
    }
  `,
  [KeyRowFragment],
)

export const RevokeKeyMutation = graphql(`
  mutation RevokeKey($id: ID!, $reason: String) {
    revokeApiKey(input: { id: $id, reason: $reason }) {
      apiKey {
        id
        status
      }
      revokedDescendants {
        id
        status
      }
      effectiveBy
    }
  }
`)

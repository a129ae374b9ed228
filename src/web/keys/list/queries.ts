import type { ResultOf } from 'gql.tada'
import { KeyEffectFragment } from '../details/queries.ts'
import { graphql } from '../graphql/graphql.ts'

export const KeyRowFragment = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    start
    scopes
    status
    createdAt
    expiresAt
    usedScopes {
      scope
      lastUsedAt
    }
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

/** Lists few keys, so that the query for a whole page of keys stays below the default `OPERATION_MAX_COST`. */
export const RevocationFragment = graphql(
  `
    fragment Revocation on Consequences {
      keys(first: 6) {
        totalCount
        nodes {
          ...KeyEffect
        }
      }
    }
  `,
  [KeyEffectFragment],
)

export type Revocation = ResultOf<typeof RevocationFragment>

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

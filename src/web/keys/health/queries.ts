import type { ResultOf } from 'gql.tada'
import { graphql } from '../graphql/graphql.ts'

export const HealthQuery = graphql(`
  query Health {
    keyHealth {
      findings {
        kind
        count
      }
    }
  }
`)

export type FindingKind = ResultOf<typeof HealthQuery>['keyHealth']['findings'][number]['kind']

export const FindingQuery = graphql(`
  query Finding($kind: KeyHealthFindingKind!) {
    keyHealth {
      findings(kinds: [$kind]) {
        kind
        count
        keys(first: 50) {
          nodes {
            id
            name
            start
            scopes
            unusedScopes
            lastUsedAt
            status
            expiresAt
          }
        }
      }
    }
  }
`)

export type UnhealthyKey = ResultOf<
  typeof FindingQuery
>['keyHealth']['findings'][number]['keys']['nodes'][number]

import type { ResultOf } from 'gql.tada'
import { KeyUseFragment } from '../details/queries.ts'
import { graphql } from '../graphql/graphql.ts'

export const HealthQuery = graphql(`
  query Health($allUsers: Boolean) {
    keyHealth(allUsers: $allUsers) {
      findings {
        kind
        count
      }
    }
  }
`)

export type FindingKind = ResultOf<typeof HealthQuery>['keyHealth']['findings'][number]['kind']

export const FindingQuery = graphql(
  `
    query Finding($kind: KeyHealthFindingKind!, $allUsers: Boolean!) {
      keyHealth(allUsers: $allUsers) {
        findings(kinds: [$kind]) {
          kind
          count
          keys(first: 50) {
            nodes {
              id
              name
              start
              scopes
              ...KeyUse
              owner @include(if: $allUsers) {
                id
                subject
                name
              }
            }
          }
        }
      }
    }
  `,
  [KeyUseFragment],
)

export type UnhealthyKey = ResultOf<
  typeof FindingQuery
>['keyHealth']['findings'][number]['keys']['nodes'][number]

import type { ResultOf } from 'gql.tada'
import { graphql } from '../graphql/graphql.ts'

export const KeyUseFragment = graphql(`
  fragment KeyUse on ApiKey {
    unusedScopes
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
      lastUsedAt
      lastUsedFrom {
        address
        userAgent
      }
    }
  }
`)

export const KeyQuery = graphql(
  `
    query Key($id: ID!) {
      viewer {
        scopes
        user {
          id
        }
      }
      apiKey(id: $id) {
        id
        name
        description
        start
        status
        scopes
        effectiveScopes
        ...KeyUse
        createdAt
        expiresAt
        rotatedAt
        revokedAt
        revokedReason
        metadata
        owner {
          id
          subject
          name
        }
        parent {
          id
          name
        }
        descendants {
          id
          name
          status
          lastUsedAt
          parent {
            id
          }
        }
      }
    }
  `,
  [KeyUseFragment],
)

export type KeyDetails = NonNullable<ResultOf<typeof KeyQuery>['apiKey']>

export const KeyEventsQuery = graphql(`
  query KeyEvents($id: ID!, $first: Int!) {
    apiKey(id: $id) {
      id
      events(first: $first) {
        nodes {
          id
          at
          type
          details
          actor {
            issuer
            subject
            credentialKind
            credentialId
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
`)

export const KeyEffectFragment = graphql(`
  fragment KeyEffect on KeyConsequence {
    stops
    apiKey {
      id
      name
      lastUsedAt
    }
    lostScopes {
      scope
      lastUsedAt
    }
  }
`)

export const ConsequencesQuery = graphql(
  `
    query Consequences($of: ConsequencesOf!) {
      consequences(of: $of) {
        keys(first: 20) {
          totalCount
          nodes {
            ...KeyEffect
          }
        }
      }
    }
  `,
  [KeyEffectFragment],
)

export const UpdateKeyMutation = graphql(`
  mutation UpdateKey($input: UpdateApiKeyInput!) {
    updateApiKey(input: $input) {
      apiKey {
        id
        scopes
      }
    }
  }
`)

export const RotateKeyMutation = graphql(`
  mutation RotateKey($input: RotateApiKeyInput!) {
    rotateApiKey(input: $input) {
      secret
      apiKey {
        id
        start
      }
    }
  }
`)

export const EndOldSecretMutation = graphql(`
  mutation EndOldSecret($id: ID!) {
    expirePreviousSecret(input: { id: $id }) {
      apiKey {
        id
        previousSecret {
          expiresAt
        }
      }
    }
  }
`)

export const RevokeOneKeyMutation = graphql(`
  mutation RevokeOneKey($id: ID!, $reason: String) {
    revokeApiKey(input: { id: $id, reason: $reason }) {
      apiKey {
        id
        status
        revokedAt
      }
      revokedDescendants {
        id
        name
        status
      }
      effectiveBy
    }
  }
`)

export type Revocation = ResultOf<typeof RevokeOneKeyMutation>['revokeApiKey']

import type { ResultOf } from 'gql.tada'
import { graphql } from '../graphql/graphql.ts'

export const ScopesQuery = graphql(`
  query Scopes {
    scopes {
      name
      description
      fields
    }
    viewer {
      scopes
    }
  }
`)

export type Scope = ResultOf<typeof ScopesQuery>['scopes'][number]

export const RequiredScopesQuery = graphql(`
  query RequiredScopes($document: String!) {
    requiredScopes(document: $document) {
      scopes
      missing
      fields {
        coordinate
        scopes
      }
    }
  }
`)

export type RequiredScopes = ResultOf<typeof RequiredScopesQuery>['requiredScopes']

export const CreateKeyMutation = graphql(`
  mutation CreateKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      secret
      apiKey {
        id
        start
      }
    }
  }
`)

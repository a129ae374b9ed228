import type { ResultOf } from 'gql.tada'
import { graphql } from '../graphql/graphql.ts'

export const UsersQuery = graphql(`
  query Users($first: Int, $after: String, $last: Int, $before: String, $search: String) {
    users(first: $first, after: $after, last: $last, before: $before, search: $search) {
      totalCount
      nodes {
        id
        subject
        name
        email
        status
        scopes
        createdAt
      }
      pageInfo {
        startCursor
        endCursor
        hasNextPage
        hasPreviousPage
      }
    }
  }
`)

export type UserRow = ResultOf<typeof UsersQuery>['users']['nodes'][number]

export const UserQuery = graphql(`
  query User($id: ID!) {
    user(id: $id) {
      id
      issuer
      subject
      name
      email
      status
      scopes
      createdAt
    }
  }
`)

export type UserDetails = NonNullable<ResultOf<typeof UserQuery>['user']>

export const UserKeysQuery = graphql(`
  query UserKeys($ownerId: ID!) {
    apiKeys(ownerId: $ownerId, first: 100) {
      totalCount
      nodes {
        id
        name
        start
        status
        createdAt
        expiresAt
        lastUsedAt
      }
    }
  }
`)

export const CreateUserMutation = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
      }
    }
  }
`)

export const SuspendUserMutation = graphql(`
  mutation SuspendUser($id: ID!, $reason: String) {
    suspendUser(input: { id: $id, reason: $reason }) {
      user {
        id
        status
      }
    }
  }
`)

export const ReactivateUserMutation = graphql(`
  mutation ReactivateUser($id: ID!) {
    reactivateUser(input: { id: $id }) {
      user {
        id
        status
      }
    }
  }
`)

export const SetUserScopesMutation = graphql(`
  mutation SetUserScopes($input: SetUserScopesInput!) {
    setUserScopes(input: $input) {
      user {
        id
        scopes
      }
    }
  }
`)

export const DeleteUserMutation = graphql(`
  mutation DeleteUser($input: DeleteUserInput!) {
    deleteUser(input: $input) {
      deletedUserId
    }
  }
`)

export const RevokeAllMutation = graphql(`
  mutation RevokeAll($ownerId: ID!, $reason: String) {
    revokeAllApiKeys(input: { ownerId: $ownerId, reason: $reason }) {
      revokedCount
    }
  }
`)

export const AuditQuery = graphql(`
  query Audit($first: Int!, $after: String, $filter: AuditEventFilter) {
    auditEvents(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        at
        type
        targetType
        targetId
        requestId
        details
        actor {
          issuer
          subject
          credentialKind
          credentialId
        }
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`)

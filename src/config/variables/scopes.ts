import * as z from 'zod'
import { scopeList, trueOrFalse } from '../readers.ts'
import type { Definition } from './definition.ts'

export const scopeVariables = {
  DEFAULT_USER_SCOPES: {
    meaning:
      'The scopes granted to a new user on the first JWT, separated by commas. Empty: no scope.',
    unset: 'no ceiling: the issuer decides',
    read: scopeList,
  },
  SCOPES_FILE: {
    meaning:
      'A JSON file with the scopes of other services that users and keys may hold: an object of scope names to descriptions.',
    unset: 'none',
    read: z.string(),
  },
  PUBLIC_INTROSPECTION: {
    meaning:
      '`false`: introspection, `_service`, `/schema.graphql` and the queries `scopes` and `requiredScopes` require a credential, and without one errors name nothing of the schema.',
    default: 'true',
    read: trueOrFalse,
  },
} as const satisfies Record<string, Definition>

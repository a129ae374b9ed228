import { credentialVariables } from './variables/credentials.ts'
import { databaseVariables } from './variables/database.ts'
import { identityVariables } from './variables/identity-tokens.ts'
import { issuerVariables } from './variables/issuers.ts'
import { keyVariables } from './variables/keys.ts'
import { pageVariables } from './variables/keys-page.ts'
import { limitVariables } from './variables/operation-limits.ts'
import { scopeVariables } from './variables/scopes.ts'
import { serverVariables } from './variables/server.ts'
import { stalenessVariables } from './variables/staleness.ts'

/** Every environment variable, by topic, in the order in which one sets a server up. */
export const topics = {
  'Mode, address and log': serverVariables,
  Database: databaseVariables,
  'Issuers of JWTs': issuerVariables,
  'Reading credentials': credentialVariables,
  'API keys': keyVariables,
  'Scopes and the schema': scopeVariables,
  'Revocation and outages': stalenessVariables,
  'Identity tokens': identityVariables,
  'Keys page': pageVariables,
  'Limits on operations': limitVariables,
} as const

type Topics = typeof topics

export type Topic = keyof Topics

type Group = Topics[Topic]

type Name = { readonly [T in Topic]: keyof Topics[T] }[Topic]

/** The definitions of all variables. */
export type Variables = { readonly [N in Name]: Extract<Group, Record<N, unknown>>[N] }

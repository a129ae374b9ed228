export type { GuardRequest, NodeRequest } from './admission/request-carrier.ts'
export type { Backends } from './backends/backends.ts'
export { RedirectedElsewhereError } from './backends/backends.ts'
export type { Authentication, Authenticator, Refusal } from './credentials/authenticator.ts'
export {
  type ClosableAuthenticator,
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from './credentials/create-authenticator.ts'
export type {
  CredentialDirectory,
  KeyForVerification,
  KeyUses,
  MissingPepper,
  Owner,
  StatedGrant,
  UserSighting,
} from './credentials/directory.ts'
export type { ImportedKeyForm } from './credentials/imported-key.ts'
export type { IssuerSettings } from './credentials/issuer-settings.ts'
export type { CredentialCarrier } from './credentials/presented-credential.ts'
export type { RefusalReason } from './credentials/refusal.ts'
export type { SessionIdentity, SessionSettings } from './credentials/session-settings.ts'
export type { LostUses } from './credentials/use-recorder.ts'
export type { Undeclared } from './decision/undeclared.ts'
export type { As } from './embedding/caller.ts'
export type { ImportedKeys, ImportKeysCall, KeyToImport } from './embedding/import-keys.ts'
export type {
  CreatedKey,
  CreateKeyCall,
  Keys,
  ListKeysCall,
  OneKeyCall,
  RevokedKey,
  RotatedKey,
} from './embedding/key-calls.ts'
export type { KeyOutcome, KeyRecord } from './embedding/key-records.ts'
export type { Page, PageInputs } from './embedding/pages.ts'
export type {
  GetUserCall,
  ListUsersCall,
  OneUserCall,
  SuspendUserCall,
  UserOutcome,
  UserRecord,
  Users,
} from './embedding/users.ts'
export {
  BadUserInputError,
  ConflictError,
  type ErrorCode,
  InsufficientScopeError,
  InvalidCredentialError,
  InvalidRequestError,
  LatchkeyError,
  type MissingScopes,
  NotFoundError,
  RateLimitedError,
  ScopesNotHeldError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from './errors.ts'
export {
  type ApolloCacheOptions,
  type ApolloGuardPlugin,
  type ApolloRequest,
  apolloGuardPlugin,
  type GraphqlHttpOptions,
  type GraphqlSseGuard,
  type GraphqlSseOptions,
  type GuardSchemaOptions,
  graphqlHttpOptions,
  graphqlSseOptions,
  guardMercurius,
  guardSchema,
  type MercuriusApp,
} from './graphql/index.ts'
export { type CreateGuardOptions, createGuard, type Guard } from './guard/create-guard.ts'
export {
  createIdentityIssuer,
  type IdentityIssuer,
  type IdentityIssuerOptions,
} from './identity/issuer.ts'
export { type IdentityKeySet, IdentityKeysError, readIdentityKeys } from './identity/keys.ts'
export { operator } from './operator.ts'
export type { Credential, Principal } from './principal.ts'
export type { ScopeRequirement } from './scopes.ts'
export type { ConnectionContext } from './websockets/connection.ts'
export { principalKey } from './yoga/principal-key.ts'
export { type BackendsContext, type UseBackendsOptions, useBackends } from './yoga/use-backends.ts'
export {
  type PrincipalContext,
  type UsePrincipalOptions,
  usePrincipal,
} from './yoga/use-principal.ts'

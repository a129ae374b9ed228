import type { ScopeCatalogue } from '../scopes.ts'
import { registerApiKeys } from './api-key.ts'
import { registerApiKeyEvents } from './api-key-events.ts'
import { registerAuditEvents } from './audit-event.ts'
import type { Builder } from './builder.ts'
import type { PageInfoRef } from './connection-types.ts'
import { registerConsequences } from './consequences.ts'
import { registerKeyHealth } from './key-health.ts'
import { type OwnerType, ownerTypeOf } from './owner-type.ts'
import { registerCredentialKind, registerPrincipal } from './principal.ts'
import { registerRequiredScopes } from './required-scopes.ts'
import { registerScopes } from './scopes.ts'
import { registerUsers, type UserTypes } from './user.ts'

/** The parts of the schema that an application may add beside API keys. */
export const optionalParts = [
  'viewer',
  'scopes',
  'requiredScopes',
  'users',
  'auditEvents',
  'keyHealth',
  'consequences',
] as const

export type OptionalPart = (typeof optionalParts)[number]

export interface KeyManagementParts {
  readonly include: ReadonlySet<OptionalPart>
  /** Default: `User` if `users` is included. Otherwise, no field has the owner of a key. */
  readonly owner?: OwnerType | null
  readonly PageInfoRef: PageInfoRef
  readonly catalogue: ScopeCatalogue
}

/**
 * Adds the types and root fields of API keys, and of the parts in `include`, to `builder`.
 *
 * @returns the types of users, if they are included
 */
export function registerKeyManagement(
  builder: Builder,
  { include, owner, PageInfoRef, catalogue }: KeyManagementParts,
): UserTypes | null {
  const users = include.has('users') ? registerUsers(builder, PageInfoRef) : null
  const ownerType = owner ?? (users === null ? null : ownerTypeOf(users.UserRef))
  const keys = registerApiKeys(builder, PageInfoRef, ownerType)
  if (include.has('keyHealth')) registerKeyHealth(builder, keys.ApiKeyConnection)
  if (include.has('consequences')) {
    const userInputs = users?.inputs ?? null
    registerConsequences(builder, { types: keys, PageInfoRef, keyInputs: keys.inputs, userInputs })
  }
  if (include.has('viewer') || include.has('auditEvents')) {
    const CredentialKind = registerCredentialKind(builder)
    if (include.has('viewer')) registerPrincipal(builder, CredentialKind, ownerType)
    if (include.has('auditEvents')) {
      const events = registerAuditEvents(builder, PageInfoRef, CredentialKind)
      registerApiKeyEvents(builder, keys, events)
    }
  }
  if (include.has('scopes')) registerScopes(builder, catalogue)
  if (include.has('requiredScopes')) registerRequiredScopes(builder)
  return users
}

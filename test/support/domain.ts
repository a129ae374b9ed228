import type { Caller } from '../../src/audit/caller.ts'
import type { ApiKey } from '../../src/keys/api-key.ts'
import type { Principal } from '../../src/principal.ts'
import type { User } from '../../src/users/user.ts'

/** Complete objects of the domain, for tests that read a few properties of each. */

export function principalOf(
  scopes: readonly string[],
  { userId = 'ada', key = null as ApiKey | null } = {},
): Principal {
  return {
    issuer: 'https://issuer.example',
    subject: userId,
    userId,
    scopes: new Set(scopes),
    credential: {
      kind: key === null ? 'JWT' : 'API_KEY',
      id: key === null ? 'token' : key.id,
      name: key?.name ?? null,
      issuer: key === null ? 'https://issuer.example' : null,
      scopes,
      expiresAt: key?.expiresAt ?? null,
    },
  }
}

export function callerWith(
  scopes: readonly string[],
  options?: Parameters<typeof principalOf>[1],
): Caller {
  return { principal: principalOf(scopes, options), requestId: 'request' }
}

export function apiKey(id: string, properties: Partial<ApiKey> = {}): ApiKey {
  const scopes = properties.scopes ?? ['read:users']
  return {
    id,
    ownerId: 'ada',
    parentId: null,
    name: `Key ${id}`,
    description: null,
    scopes,
    lineageScopes: scopes,
    metadata: {},
    createdAt: new Date('2026-01-01T00:00:00Z'),
    expiresAt: null,
    lineageExpiresAt: null,
    lastUsedAt: null,
    lastUsedFrom: null,
    rotatedAt: null,
    revokedAt: null,
    revokedReason: null,
    previousExpiresAt: null,
    previousLastUsedAt: null,
    previousLastUsedFrom: null,
    ...properties,
  }
}

export function user(id: string, properties: Partial<User> = {}): User {
  return {
    id,
    issuer: 'https://issuer.example',
    subject: id,
    email: null,
    name: null,
    status: 'ACTIVE',
    scopes: null,
    issuerScopes: null,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    ...properties,
  }
}

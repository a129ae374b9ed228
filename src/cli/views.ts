import { type ApiKey, apiKeyStatus } from '../keys/api-key.ts'
import type { User } from '../users/user.ts'
import { dateTime, scopeText, table } from './output.ts'

/** The JSON form of a key. */
export function keyView(key: ApiKey, now: Date) {
  return {
    id: key.id,
    ownerId: key.ownerId,
    parentId: key.parentId,
    name: key.name,
    description: key.description,
    scopes: key.scopes,
    metadata: key.metadata,
    status: apiKeyStatus(key, now),
    createdAt: key.createdAt,
    expiresAt: key.lineageExpiresAt,
    lastUsedAt: key.lastUsedAt,
    rotatedAt: key.rotatedAt,
    revokedAt: key.revokedAt,
    revokedReason: key.revokedReason,
  }
}

/** The table shows no expiry of a revoked key, which does not work before it either. */
export function keyTable(keys: readonly ApiKey[], now: Date): string {
  const headings = ['ID', 'NAME', 'STATUS', 'EXPIRES', 'LAST USED', 'SCOPES']
  const rows = keys.map((key) => [
    key.id,
    key.name,
    apiKeyStatus(key, now),
    dateTime(key.revokedAt === null ? key.lineageExpiresAt : null),
    dateTime(key.lastUsedAt),
    scopeText(key.scopes),
  ])
  return table(headings, rows)
}

/** The JSON form of a user. */
export function userView(user: User) {
  return {
    id: user.id,
    issuer: user.issuer,
    subject: user.subject,
    email: user.email,
    name: user.name,
    status: user.status,
    scopes: user.scopes,
    issuerScopes: user.issuerScopes,
    createdAt: user.createdAt,
    updatedAt: user.updatedAt,
  }
}

export function userTable(users: readonly User[]): string {
  const headings = ['ID', 'SUBJECT', 'NAME', 'STATUS', 'SCOPES', 'ISSUER']
  const rows = users.map((user) => [
    user.id,
    user.subject,
    user.name ?? '-',
    user.status,
    scopeText(user.scopes),
    user.issuer,
  ])
  return table(headings, rows)
}

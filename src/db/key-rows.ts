import { getTableColumns } from 'drizzle-orm'
import type { ApiKey, KeyUseOrigin } from '../keys/api-key.ts'
import { sorted } from '../scopes.ts'
import { apiKeys } from './tables.ts'

const {
  secretHash: _hash,
  secretPepper: _pepper,
  previousSecretHash: _previousHash,
  previousSecretPepper: _previousPepper,
  lastUsedFloor: _floor,
  previousUsed: _previousUsed,
  usedScopes: _usedScopes,
  ...columns
} = getTableColumns(apiKeys)

/**
 * The columns that may leave the database layer. Hashes and the fingerprints of their peppers may not, and
 * the columns that only serve indexes do not.
 */
export const keyColumns = columns

export type KeyRow = Omit<
  typeof apiKeys.$inferSelect,
  | 'secretHash'
  | 'secretPepper'
  | 'previousSecretHash'
  | 'previousSecretPepper'
  | 'lastUsedFloor'
  | 'previousUsed'
  | 'usedScopes'
>

export function toApiKey({
  depth: _depth,
  lastUsedAddress,
  lastUsedAgent,
  previousLastUsedAddress,
  previousLastUsedAgent,
  ...row
}: KeyRow): ApiKey {
  return {
    ...row,
    scopes: sorted(row.scopes),
    lastUsedFrom: toOrigin(lastUsedAddress, lastUsedAgent),
    previousLastUsedFrom: toOrigin(previousLastUsedAddress, previousLastUsedAgent),
  }
}

function toOrigin(address: string | null, userAgent: string | null): KeyUseOrigin | null {
  return address === null && userAgent === null ? null : { address, userAgent }
}

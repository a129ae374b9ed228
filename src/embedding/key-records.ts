import { keyStart } from '../credentials/key-form.ts'
import type { JsonObject } from '../json.ts'
import {
  type ApiKey,
  type ApiKeyStatus,
  apiKeyStatus,
  type KeyUseOrigin,
  type PreviousSecret,
  previousSecret,
} from '../keys/api-key.ts'
import { withinGrant } from '../principal.ts'
import type { Services } from '../schema/context.ts'
import { grantOf } from '../users/user.ts'

/** The outcome of a change to an API key. Every caller that may change a key may see it. */
export interface KeyOutcome {
  /** The public id: 16 characters, the second part of the complete key. */
  readonly id: string
  /** The prefix and the id, to recognise the key by. It contains no secret. */
  readonly start: string
  /** The scopes of the key itself, sorted. */
  readonly scopes: readonly string[]
  readonly status: ApiKeyStatus
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
}

/** An API key. Its secret is not stored. */
export interface KeyRecord extends KeyOutcome {
  /** The id of the user who owns the key. */
  readonly ownerId: string
  /** The id of the key that created this one; `null`: a JWT, a session or the operator did. */
  readonly parentId: string | null
  readonly name: string
  readonly description: string | null
  /** The scopes in `scopes` that the owner's grant and all ancestors of the key also allow, sorted. */
  readonly effectiveScopes: readonly string[]
  readonly metadata: JsonObject
  readonly createdAt: Date
  /** The earliest expiry of the key and its ancestors; `null`: none. */
  readonly expiresAt: Date | null
  /** May lag by up to 10 seconds. */
  readonly lastUsedAt: Date | null
  /** The client of the last use; `null`: unknown, or never used. */
  readonly lastUsedFrom: KeyUseOrigin | null
  readonly rotatedAt: Date | null
  /** The secret that the last rotation replaced, during its grace period; otherwise `null`. */
  readonly previousSecret: PreviousSecret | null
}

export function toOutcome(services: Services, key: ApiKey): KeyOutcome {
  return {
    id: key.id,
    start: keyStart(services.keyPrefix, key.id),
    scopes: key.scopes,
    status: apiKeyStatus(key, new Date(services.now())),
    revokedAt: key.revokedAt,
    revokedReason: key.revokedReason,
  }
}

/** Reads the owners of all keys in one query. */
export async function toRecords(
  services: Services,
  keys: readonly ApiKey[],
): Promise<readonly KeyRecord[]> {
  const ids = [...new Set(keys.map(({ ownerId }) => ownerId))]
  const owners = await services.users.findMany(ids)
  const grants = new Map(owners.flatMap((owner) => (owner ? [[owner.id, grantOf(owner)]] : [])))
  return keys.map((key) => {
    // A key is deleted with its owner, so without an owner it has no effect any more.
    const grant = grants.get(key.ownerId)
    return {
      ...toOutcome(services, key),
      ownerId: key.ownerId,
      parentId: key.parentId,
      name: key.name,
      description: key.description,
      effectiveScopes: grant === undefined ? [] : withinGrant(key.lineageScopes, grant),
      metadata: key.metadata,
      createdAt: key.createdAt,
      expiresAt: key.lineageExpiresAt,
      lastUsedAt: key.lastUsedAt,
      lastUsedFrom: key.lastUsedFrom,
      rotatedAt: key.rotatedAt,
      previousSecret: previousSecret(key, new Date(services.now())),
    }
  })
}

import type { JsonObject } from '../json.ts'
import type { ApiKey, ApiKeyStatus } from './api-key.ts'
import type { KeySort } from './sort.ts'

/** A key with its secret, which is stored nowhere and shown once. */
export interface IssuedKey {
  readonly apiKey: ApiKey
  /** The complete key. */
  readonly secret: string
}

export interface CreateKeyInput {
  readonly name: string
  readonly scopes: readonly string[]
  readonly description?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly metadata?: JsonObject | null | undefined
}

/** A key of another key system. */
export interface ImportKeyInput extends CreateKeyInput {
  /** At most 180 days ahead. */
  readonly expiresAt: Date
}

export interface UpdateKeyInput {
  readonly id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly metadata?: JsonObject | null | undefined
  /** The scopes that the key keeps: this only removes scopes. */
  readonly scopes?: readonly string[] | null | undefined
  /** The scopes that the key gets in addition. Not together with `scopes`. */
  readonly addScopes?: readonly string[] | null | undefined
}

export interface RotateKeyInput {
  readonly id: string
  readonly gracePeriodSeconds?: number | null | undefined
  readonly force?: boolean | null | undefined
}

export interface RevokeKeyInput {
  readonly id: string
  readonly reason?: string | null | undefined
}

export interface RevokeAllKeysInput {
  /** Default: the caller. */
  readonly ownerId?: string | null | undefined
  readonly reason?: string | null | undefined
}

export interface KeyHealthInput {
  /** Default: the caller. */
  readonly ownerId?: string | null | undefined
  /** Whether the keys of all users are meant. Not together with `ownerId`. */
  readonly allUsers?: boolean | null | undefined
}

export interface ListKeysInput {
  readonly ownerId: string | null
  readonly status: ApiKeyStatus | null
  /** The beginning of the name, in any case, or the id or start of a key. Default, and if empty: all keys. */
  readonly search?: string | null | undefined
  /** Default: `NEWEST`. */
  readonly sort?: KeySort | null | undefined
}

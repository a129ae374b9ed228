import type { ApiKeyStatus, PreviousSecret } from '../keys/api-key.ts'
import type {
  CreateKeyInput,
  RevokeAllKeysInput,
  RevokeKeyInput,
  RotateKeyInput,
  UpdateKeyInput,
} from '../keys/inputs.ts'
import type { KeySort } from '../keys/sort.ts'
import type { As } from './caller.ts'
import type { ImportedKeys, ImportKeysCall } from './import-keys.ts'
import type { KeyOutcome, KeyRecord } from './key-records.ts'
import type { Page, PageInputs } from './pages.ts'

export interface CreateKeyCall extends As, CreateKeyInput {
  /** The owner of the key: for `operator` only, which needs it. A principal creates keys of its own user. */
  readonly ownerId?: string | null | undefined
}

export interface CreatedKey {
  readonly key: KeyRecord
  /** The complete key, which a client sends. It cannot be read again. */
  readonly secret: string
}

export interface ListKeysCall extends As, PageInputs {
  /** The owner of the keys. Default: the user of the principal. `operator` needs it. */
  readonly ownerId?: string | null | undefined
  /** Default: any status. */
  readonly status?: ApiKeyStatus | null | undefined
  /**
   * Only keys whose name begins with this text, in any case, and the key whose `id` or `start` it is. At most 200
   * characters. Default, and if empty: all keys.
   */
  readonly search?: string | null | undefined
  /**
   * `NEWEST` by `createdAt`, the latest first; `NAME` without the case of letters; `LAST_USED`, the latest first;
   * `EXPIRES`, the earliest first. Default: `NEWEST`.
   */
  readonly sort?: KeySort | null | undefined
}

export interface OneKeyCall extends As {
  readonly id: string
}

export interface RotatedKey {
  readonly key: KeyOutcome & {
    /** The secret that the rotation replaced; `null` if it no longer works. */
    readonly previousSecret: PreviousSecret | null
  }
  /** The complete new key. It cannot be read again. */
  readonly secret: string
}

export interface RevokedKey {
  readonly key: KeyOutcome
  /** The descendants that were revoked with the key. */
  readonly descendants: readonly KeyOutcome[]
}

/**
 * API keys as a service, with the rules, scopes and errors of the GraphQL API. A change returns only what every
 * caller that may make it may see; `get` and `list` return the rest.
 *
 * Every method throws `InsufficientScopeError` if the principal lacks the scope named here, `BadUserInputError`
 * for an input that is not valid, `NotFoundError` for a key that does not exist or that the caller may not
 * change, and `ServiceUnavailableError` when the database cannot be reached. For `as` see {@link As}.
 */
export interface Keys {
  /**
   * Creates a key: `write:keys`. A key that a key creates is its child.
   *
   * @throws ScopesNotHeldError if the principal lacks a scope of the new key
   * @throws ConflictError if the owner has too many keys, or the parent was revoked
   */
  create(call: CreateKeyCall): Promise<CreatedKey>
  /**
   * Imports keys of another key system, for `operator` only. They work until they expire, and a rotation replaces one
   * by a key of this system. A key that was imported before is left as it is.
   *
   * @throws BadUserInputError, ConflictError or NotFoundError at the first key that cannot be imported. The keys
   *   before it are imported, and a second call with the same keys continues
   */
  import(call: ImportKeysCall): Promise<ImportedKeys>
  /** Lists the keys of one user: `read:keys`, for another user also `manage:keys` and `read:users`. */
  list(call: ListKeysCall): Promise<Page<KeyRecord>>
  /** Returns one key, or `null`. Scopes as for `list`. */
  get(call: OneKeyCall): Promise<KeyRecord | null>
  /**
   * Changes the name, description, metadata or scopes of a key: `write:keys`. `scopes` removes scopes, also from
   * the descendants; `addScopes` adds scopes.
   *
   * @throws ScopesNotHeldError if the principal or the parent of the key lacks an added scope
   * @throws ConflictError if the key is revoked, or gets scopes in the grace period of a rotation
   */
  update(call: As & UpdateKeyInput): Promise<KeyOutcome>
  /**
   * Gives a key a new secret: `write:keys`. The old one works until the grace period ends.
   *
   * @throws ScopesNotHeldError if the principal lacks a scope of the key
   * @throws ConflictError in the grace period of an earlier rotation, without `force`
   */
  rotate(call: As & RotateKeyInput): Promise<RotatedKey>
  /** Ends the grace period of the last rotation: `write:keys`. @throws ConflictError */
  expirePrevious(call: OneKeyCall): Promise<KeyOutcome>
  /** Revokes a key and its descendants: `write:keys`, for another user's key also `manage:keys`. */
  revoke(call: As & RevokeKeyInput): Promise<RevokedKey>
  /**
   * Revokes all keys of a user, by default that of the principal: `write:keys`, for another user also
   * `manage:keys`. `operator` needs `ownerId`.
   *
   * @returns the number of keys; `null` for another user's keys if the principal may not list them
   */
  revokeAll(call: As & RevokeAllKeysInput): Promise<number | null>
}

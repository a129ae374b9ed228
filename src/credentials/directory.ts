import type { KeyUseOrigin } from '../keys/api-key.ts'
import type { MissingPepper } from '../keys/peppers.ts'
import type { OwnerKind } from '../owner.ts'
import type { ChangeListener, ChangeWatch } from './changes.ts'

export type { KeyUseOrigin, MissingPepper }

/**
 * The store of users and API keys that an authenticator reads. This package implements it on PostgreSQL;
 * implement it to use another store.
 */
export interface CredentialDirectory {
  /**
   * Finds a key and its owner by the public id of the key. Revoked and expired keys are returned too:
   * only a sender with the right secret learns that a key is revoked or expired.
   *
   * @returns `null` if there is no such key
   * @throws ServiceUnavailableError when the store cannot be reached
   */
  findKeyForVerification(id: string): Promise<KeyForVerification | null>

  /**
   * Finds the user of a valid JWT or session, or creates it on the first one. A grant that the token states is stored if
   * it is newer than the stored one of that audience.
   *
   * @returns `null` if the user was deleted: a token does not create it again
   * @throws ServiceUnavailableError when the store cannot be reached
   */
  admitUser(sighting: UserSighting): Promise<Owner | null>

  /**
   * Writes the times at which keys and scopes were last used, up to some thousand keys, all or nothing. A
   * stored time is never replaced by an earlier one, and nothing else of a key changes, so a late write
   * cannot undo a revocation.
   *
   * @returns the ids of keys that were skipped, such as those with locked rows, which the caller writes later;
   *   nothing: every use was written
   * @throws ServiceUnavailableError when the uses cannot be written
   */
  markUsed(uses: readonly KeyUses[]): Promise<readonly string[]> | Promise<void>

  /**
   * Replaces stored hashes by hashes of the same secrets under another pepper. A hash that has changed
   * meanwhile and a revoked key are not changed. Without this method, stored hashes keep their pepper.
   *
   * @throws ServiceUnavailableError when the hashes cannot be written
   */
  rehash?(rehashes: readonly Rehash[]): Promise<void>

  /**
   * Finds the peppers that keys are stored under and that are not in `peppers`. A use of such a key is
   * answered with 503. Without this method, missing peppers are not reported.
   *
   * @throws ServiceUnavailableError when the store cannot be reached
   */
  findMissingPeppers?(peppers: readonly string[]): Promise<readonly MissingPepper[]>

  /**
   * Returns those of `aliases`, other names of issuers, that users are stored under, deleted ones included.
   * Until they are merged with the users of the issuer, every JWT is answered with an error. Without this
   * method, aliases are not checked.
   *
   * @throws ServiceUnavailableError when the store cannot be reached
   */
  findUnmergedAliases?(aliases: readonly string[]): Promise<readonly string[]>

  /**
   * Reports all changes of keys and users from now on, also those made by other programs. Without this
   * method nothing is cached: every credential is looked up each time.
   *
   * @param maxSilence milliseconds without a heartbeat after which the watch is restarted
   */
  watch?(listener: ChangeListener, maxSilence: number): ChangeWatch
}

/** The time of the latest use of a key, of its previous secret and of each scope that it needed. */
export interface KeyUses {
  readonly keyId: string
  readonly lastUsedAt: Date
  readonly previousLastUsedAt: Date | null
  /** The client at `lastUsedAt`. Default: unknown; a stored client of an earlier use is then removed. */
  readonly lastUsedFrom?: KeyUseOrigin
  /** The client at `previousLastUsedAt`, like `lastUsedFrom`. */
  readonly previousLastUsedFrom?: KeyUseOrigin
  readonly scopes: readonly { readonly scope: string; readonly lastUsedAt: Date }[]
}

/** A new hash of a secret, which may be the current or the previous one of its key. */
export interface Rehash {
  readonly keyId: string
  /** The stored hash to replace. A different one is left unchanged. */
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** The fingerprint of the pepper of `to`. */
  readonly pepper: string
}

/** The owner of a credential. */
export interface Owner {
  /** Default: `USER`, a person. */
  readonly kind?: OwnerKind
  readonly userId: string
  readonly issuer: string
  readonly subject: string
  readonly suspended: boolean
  /** The ceiling that this server sets; `null`: none. */
  readonly scopes: readonly string[] | null
  /** The ceiling that the issuer states in its grant claim, over all audiences; `null`: none. */
  readonly issuerScopes: readonly string[] | null
  /** JWTs issued before this time are refused. */
  readonly signedOutAt: Date | null
  /** Further JWTs that are refused, by the hash of their signed part (`signedPartHash`). Default: none. */
  readonly signedOutTokens?: readonly string[]
}

export interface KeyForVerification {
  readonly id: string
  readonly name: string
  /** The scopes of the key itself, sorted. */
  readonly scopes: readonly string[]
  /** The scopes that the key and all its ancestors have. */
  readonly lineageScopes: readonly string[]
  /** The earliest expiry of the key and its ancestors; `null`: none. */
  readonly expiresAt: Date | null
  /** The time of the revocation of the key or of an ancestor; `null`: not revoked. */
  readonly revokedAt: Date | null
  readonly secretHash: Uint8Array
  /** The fingerprint of the pepper of `secretHash`; empty: no pepper; `null` or left out: unknown. */
  readonly secretPepper?: string | null
  readonly previousSecretHash: Uint8Array | null
  /** The fingerprint of the pepper of `previousSecretHash`, like `secretPepper`. */
  readonly previousSecretPepper?: string | null
  /** The end of the grace period, in which the previous secret is accepted. */
  readonly previousExpiresAt: Date | null
  readonly owner: Owner
}

export interface UserSighting {
  readonly issuer: string
  readonly subject: string
  readonly grant: StatedGrant | null
  /** Default: `JWT`. */
  readonly kind?: 'JWT' | 'SESSION'
  /** The name and the e-mail address of a user that does not exist yet. Default: none. */
  readonly name?: string | null
  readonly email?: string | null
}

/** The grant that an issuer states for one audience, at `issuedAt` (seconds since the epoch). */
export interface StatedGrant {
  readonly audience: string
  readonly scopes: readonly string[]
  readonly issuedAt: number
}

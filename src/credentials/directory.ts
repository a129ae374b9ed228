import type { MissingPepper } from '../keys/peppers.ts'
import type { OwnerKind } from '../owner.ts'
import type { ChangeListener, ChangeWatch } from './changes.ts'

export type { MissingPepper }

/**
 * What authentication needs to know from wherever users and keys are kept. Implemented over Postgres
 * by this package; anyone may implement it over something else.
 */
export interface CredentialDirectory {
  /**
   * The key with that public id and its owner, in one look-up, or `null`. Revoked and expired keys
   * are found too: the caller decides by the secret how much its sender may be told.
   *
   * @throws ServiceUnavailableError when the answer cannot be had
   */
  findKeyForVerification(id: string): Promise<KeyForVerification | null>

  /**
   * The user of a valid JWT, made on first sight; `null` where the user was deleted and no one may
   * come back by a token alone. A grant the token states is remembered when it is newer than the one
   * known for that audience.
   *
   * @throws ServiceUnavailableError when the answer cannot be had
   */
  admitUser(sighting: UserSighting): Promise<Owner | null>

  /**
   * Writes when keys were last used and what scopes they needed, all or nothing: a chunk of some
   * thousand keys at a time. A time never goes back, and nothing else of the key changes: a late write
   * cannot undo a revocation.
   *
   * @returns ids of keys that were passed over for now, for example because their rows are locked: the
   * caller tries again later. Nothing: every use was written.
   * @throws ServiceUnavailableError when they cannot be written
   */
  markUsed(uses: readonly KeyUses[]): Promise<readonly string[]> | Promise<void>

  /**
   * Replaces stored hashes by those of the same secrets under another pepper. One that is no longer what
   * it is to be replaced for stays, and a revoked key stays as it is. Left out: a secret stays under the
   * pepper that it was stored under.
   *
   * @throws ServiceUnavailableError when they cannot be written
   */
  rehash?(rehashes: readonly Rehash[]): Promise<void>

  /**
   * The peppers that keys are stored under and that are not among `peppers`. Left out: it is not checked,
   * and a use of such a key is answered as an outage.
   *
   * @throws ServiceUnavailableError when the answer cannot be had
   */
  findMissingPeppers?(peppers: readonly string[]): Promise<readonly MissingPepper[]>

  /**
   * Tells what changes from now on, by whomever it is changed. Where it is left out, every credential
   * is looked up each time.
   *
   * @param maxSilence milliseconds without a heartbeat after which the watch starts anew
   */
  watch?(listener: ChangeListener, maxSilence: number): ChangeWatch
}

/** The latest use of one key, with the secret of before its last rotation, and of each scope it needed. */
export interface KeyUses {
  readonly keyId: string
  readonly lastUsedAt: Date
  readonly previousLastUsedAt: Date | null
  readonly scopes: readonly { readonly scope: string; readonly lastUsedAt: Date }[]
}

/** Another hash of the same secret, the current or the previous one. */
export interface Rehash {
  readonly keyId: string
  /** The hash that is stored, if nobody changed it since. */
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** Fingerprint of the pepper of `to`. */
  readonly pepper: string
}

/** Whom a credential stands for, as authentication needs it. */
export interface Owner {
  /** Default: `USER`, a person. */
  readonly kind?: OwnerKind
  readonly userId: string
  readonly issuer: string
  readonly subject: string
  readonly suspended: boolean
  /** Our ceiling; `null`: none. */
  readonly scopes: readonly string[] | null
  /** The ceiling that the issuer states in its grant claim, over all audiences; `null`: none stated. */
  readonly issuerScopes: readonly string[] | null
  /** JWTs issued before this moment are refused. */
  readonly signedOutAt: Date | null
  /** Further JWTs that are refused, by the hash of what they sign (`signedPartHash`). Default: none. */
  readonly signedOutTokens?: readonly string[]
}

export interface KeyForVerification {
  readonly id: string
  readonly name: string
  /** As the key was given them, sorted. */
  readonly scopes: readonly string[]
  /** `scopes` within those of every ancestor key. */
  readonly lineageScopes: readonly string[]
  /** The earliest of its own and every ancestor's expiry. */
  readonly expiresAt: Date | null
  /** Set also where an ancestor was revoked. */
  readonly revokedAt: Date | null
  readonly secretHash: Uint8Array
  /** Fingerprint of the pepper that it was made under; empty: none; `null` or left out: unknown. */
  readonly secretPepper?: string | null
  readonly previousSecretHash: Uint8Array | null
  /** Of `previousSecretHash`, as `secretPepper`. */
  readonly previousSecretPepper?: string | null
  /** Until when the previous secret works. */
  readonly previousExpiresAt: Date | null
  readonly owner: Owner
}

export interface UserSighting {
  readonly issuer: string
  readonly subject: string
  readonly grant: StatedGrant | null
}

/** What an issuer says a user holds for one audience, as of `issuedAt` (seconds since the epoch). */
export interface StatedGrant {
  readonly audience: string
  readonly scopes: readonly string[]
  readonly issuedAt: number
}

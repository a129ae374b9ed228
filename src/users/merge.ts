import type { User, UserStatus } from './user.ts'

/** A name of an issuer under which users are stored, and the canonical name that they get. */
export interface IssuerMerge {
  readonly alias: string
  readonly issuer: string
  /** Whether a grant of `null` gives JWTs of the issuer no scope (`scopesFrom`: `grant`). */
  readonly nullListsNothing: boolean
  /** `true`: nothing is changed. */
  readonly dryRun: boolean
}

export interface IssuerMergeResult {
  /** The number of users that had the alias only. They keep their id, grant and keys. */
  readonly moved: number
  /** The number of users that had both names, deleted users with one of them included. */
  readonly merged: number
  /** The number of API keys that get another user as their owner. */
  readonly apiKeys: number
  /** The number of deleted users that had the alias only, and are refused under the canonical name too. */
  readonly deleted: number
  /** The merged users that lose something by it, up to `maxListed`. */
  readonly limited: readonly LimitedUser[]
  /** The number of merged users that lose something by it. */
  readonly limitedCount: number
}

export interface LimitedUser {
  readonly subject: string
  readonly before: readonly Pick<User, 'status' | 'scopes'>[]
  readonly after: { readonly status: UserStatus; readonly scopes: User['scopes'] }
}

/** The maximum length of `limited`. */
export const maxListed = 100

import type { Position } from '../pagination.ts'
import type { ApiKey } from './api-key.ts'

/** The problems that an active key (neither revoked nor expired) can have. */
export const keyFindings = [
  'NEVER_EXPIRES',
  'IDLE',
  'UNUSED_SCOPES',
  'EXPIRES_SOON',
  'PREVIOUS_SECRET_USED',
  'OWNER_SUSPENDED',
] as const

export type KeyFinding = (typeof keyFindings)[number]

/** Days without a use after which a key counts as idle. */
export const idleDays = 90
/** A key that expires within this number of days counts as expiring soon. */
export const expiresSoonDays = 14
/** Days after its creation from which the scopes that a key has not used are a finding. */
export const unusedScopesDays = 30
/** The highest number to which the keys of a finding are counted, so that the time of a count is bounded. */
export const maxCounted = 10_000

const day = 24 * 60 * 60 * 1000

/** The times that the findings compare with. */
export interface HealthTimes {
  readonly now: Date
  /** A key that was last used before this time, or created before it and never used, is idle. */
  readonly idleBefore: Date
  readonly expiresSoonUntil: Date
  /** Unused scopes count only for a key that was created before this time. */
  readonly unusedScopesBefore: Date
}

export function healthTimes(now: Date): HealthTimes {
  const at = (days: number) => new Date(now.getTime() + days * day)
  return {
    now,
    idleBefore: at(-idleDays),
    expiresSoonUntil: at(expiresSoonDays),
    unusedScopesBefore: at(-unusedScopesDays),
  }
}

/** The keys whose health is read. */
export interface HealthFilter {
  /** The owner of the keys; `null`: all users. */
  readonly ownerId: string | null
  readonly times: HealthTimes
}

/** A key with a finding, and its position in the list of that finding. */
export interface FoundKey {
  readonly key: ApiKey
  readonly position: Position
}

export interface FoundKeysRequest {
  /** The maximum number of keys. */
  readonly limit: number
  /** Only keys after this position are returned. */
  readonly after: Position | null
}

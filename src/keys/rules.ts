import { BadUserInputError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { lastStoredDate } from '../last-date.ts'
import type { TextRule } from '../text-rules.ts'

const day = 24 * 60 * 60 * 1000
export const nameRule: TextRule = { maxLength: 100 }
export const descriptionRule: TextRule = { maxLength: 500, multiline: true }
export const maxMetadataBytes = 4096
export const maxMetadataDepth = 8
export const defaultGracePeriodSeconds = 24 * 60 * 60
export const maxGracePeriodSeconds = 30 * 24 * 60 * 60
/** How long the hash of a revoked or expired key is kept: its holder can be told so until then. */
export const deadSecretRetentionDays = 30
/** Generations that a key may have above it: keys make keys, which make keys. */
export const maxLineageDepth = 8

export interface ExpiryLimits {
  /** Of the parent key; `null`: none. */
  readonly parentExpiresAt: Date | null
  /** Days; `null`: none. */
  readonly maxLifetimeDays: number | null
}

/**
 * When a new key expires: as requested within the limits, and the earliest of the limits when nothing is
 * requested. @throws BadUserInputError on `expiresAt`
 */
export function resolveExpiry(
  requested: Date | null | undefined,
  now: Date,
  { parentExpiresAt, maxLifetimeDays }: ExpiryLimits,
): Date | null {
  const latest = maxLifetimeDays === null ? null : new Date(now.getTime() + maxLifetimeDays * day)
  if (requested == null) return earliest(parentExpiresAt, latest)
  if (requested <= now) throw badExpiry('lies in the past')
  if (requested > lastStoredDate)
    throw badExpiry('lies after the year 9998: leave it out for a key that stays')
  if (parentExpiresAt !== null && requested > parentExpiresAt) {
    throw badExpiry(
      `is later than that of the key it is made with, which expires at ${parentExpiresAt.toISOString()}`,
    )
  }
  if (latest !== null && requested > latest) {
    throw badExpiry(`is too late: a key lives at most ${maxLifetimeDays} days here`)
  }
  return requested
}

function earliest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}

function badExpiry(what: string): BadUserInputError {
  return new BadUserInputError('expiresAt', `\`expiresAt\` ${what}.`)
}

/** @throws BadUserInputError on `metadata` when it is too large, too deep or holds what Postgres can't keep */
export function checkMetadata(metadata: JsonObject): JsonObject {
  const fault = metadataFault(metadata)
  if (fault !== null) throw new BadUserInputError('metadata', `\`metadata\` ${fault}.`)
  // Written in a document it has no prototype, which the database's library cannot take.
  return { ...metadata }
}

function metadataFault(metadata: JsonObject): string | null {
  if (depthOf(metadata) > maxMetadataDepth)
    return `is nested deeper than ${maxMetadataDepth} levels`
  if (Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
    return `is larger than ${maxMetadataBytes} bytes`
  }
  const where = unstorableText(metadata, 'metadata')
  return where === null
    ? null
    : `must hold neither the character U+0000 nor half of a surrogate pair, as ${where} does`
}

/** Where there is text that Postgres cannot keep in jsonb, in words; `null`: nowhere. */
function unstorableText(value: JsonValue, path: string): string | null {
  if (typeof value === 'string') return isStorable(value) ? null : `\`${path}\``
  if (value === null || typeof value !== 'object') return null
  for (const [key, member] of Object.entries(value)) {
    if (!isStorable(key)) return `a key in \`${path}\``
    const found = unstorableText(member, path + step(value, key))
    if (found !== null) return found
  }
  return null
}

function isStorable(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text)
}

function step(parent: object, key: string): string {
  if (Array.isArray(parent)) return `[${key}]`
  return /^[\p{L}\p{N}_$]+$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Levels of nesting; stops counting just past the limit, so a hostile depth costs nothing. */
function depthOf(value: JsonValue, depth = 0): number {
  if (value === null || typeof value !== 'object' || depth > maxMetadataDepth) return depth
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, depth + 1)),
    depth + 1,
  )
}

/** Milliseconds. @throws BadUserInputError on `gracePeriodSeconds` */
export function gracePeriod(seconds: number | null | undefined): number {
  const requested = seconds ?? defaultGracePeriodSeconds
  if (requested < 0 || requested > maxGracePeriodSeconds) {
    throw new BadUserInputError(
      'gracePeriodSeconds',
      `\`gracePeriodSeconds\` must be between 0 and ${maxGracePeriodSeconds} (30 days).`,
    )
  }
  return requested * 1000
}

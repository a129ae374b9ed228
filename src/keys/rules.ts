import { BadUserInputError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { lastStoredDate } from '../last-date.ts'
import type { TextRule } from '../text-rules.ts'

const day = 24 * 60 * 60 * 1000
export const nameRule: TextRule = { maxLength: 100 }
export const descriptionRule: TextRule = { maxLength: 500, multiline: true }
/** Characters. Names are shorter. */
export const maxKeySearchLength = 200
/** The most descendants of one key that a list shows. */
export const maxDescendants = 100
export const maxMetadataBytes = 4096
export const maxMetadataDepth = 8
export const defaultGracePeriodSeconds = 24 * 60 * 60
export const maxGracePeriodSeconds = 30 * 24 * 60 * 60
/** Days for which the hash of a revoked or expired key is kept, so that its holder gets that reason. */
export const deadSecretRetentionDays = 30
/** The most ancestors that a key may have. */
export const maxLineageDepth = 8

export interface ExpiryLimits {
  /** The expiry of the parent key; `null`: no parent, or one that does not expire. */
  readonly parentExpiresAt: Date | null
  /** Days; `null`: no limit. */
  readonly maxLifetimeDays: number | null
}

/**
 * Returns the expiry of a new key: the requested one if it is within the limits, or by default the earliest
 * limit. @throws BadUserInputError on `expiresAt`
 */
export function resolveExpiry(
  requested: Date | null | undefined,
  now: Date,
  { parentExpiresAt, maxLifetimeDays }: ExpiryLimits,
): Date | null {
  const latest = maxLifetimeDays === null ? null : new Date(now.getTime() + maxLifetimeDays * day)
  if (requested == null) return earliest(parentExpiresAt, latest)
  if (requested <= now) throw badExpiry('is in the past')
  if (requested > lastStoredDate)
    throw badExpiry('is after the year 9998. Leave it out for a key that does not expire')
  if (parentExpiresAt !== null && requested > parentExpiresAt) {
    throw badExpiry(`is later than the expiry of the parent key, ${parentExpiresAt.toISOString()}`)
  }
  if (latest !== null && requested > latest) {
    const limit = maxLifetimeDays === 1 ? '1 day' : `${maxLifetimeDays} days`
    throw badExpiry(`is too late: on this server a key lives at most ${limit}`)
  }
  return requested
}

/** The longest lifetime of an imported key from its import on, in days. */
export const maxImportDays = 180

/** @throws BadUserInputError on `expiresAt` of an imported key that is later than allowed */
export function requireImportExpiry(expiresAt: Date, now: Date): void {
  if (expiresAt.getTime() <= now.getTime() + maxImportDays * day) return
  throw badExpiry(`is too late: an imported key lives at most ${maxImportDays} days`)
}

function earliest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}

function badExpiry(what: string): BadUserInputError {
  return new BadUserInputError('expiresAt', `\`expiresAt\` ${what}.`)
}

/**
 * @throws BadUserInputError on `metadata` that is too large, too deep or holds text that Postgres cannot
 * store
 */
export function checkMetadata(metadata: JsonObject): JsonObject {
  const fault = metadataFault(metadata)
  if (fault !== null) throw new BadUserInputError('metadata', `\`metadata\` ${fault}.`)
  // Metadata of a document has no prototype, which the database library does not accept.
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
    : `must not contain the character U+0000 or an unpaired surrogate, as ${where} does`
}

/** The place of text that Postgres cannot store in jsonb, for a message; `null`: there is none. */
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

/** Levels of nesting. Counting stops just past the limit, so that deep nesting costs no time. */
function depthOf(value: JsonValue, depth = 0): number {
  if (value === null || typeof value !== 'object' || depth > maxMetadataDepth) return depth
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, depth + 1)),
    depth + 1,
  )
}

/** The grace period in milliseconds. @throws BadUserInputError on `gracePeriodSeconds` */
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

/** The text to search for; `null`: none. @throws BadUserInputError on `search` that is too long */
export function checkedKeySearch(search: string | null | undefined): string | null {
  if (search == null || search === '') return null
  if (search.length <= maxKeySearchLength) return search
  throw new BadUserInputError(
    'search',
    `\`search\` must have at most ${maxKeySearchLength} characters.`,
  )
}

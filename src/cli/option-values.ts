import { InvalidArgumentError, Option } from 'commander'
import { schemaNameFault } from '../db/schema-names.ts'
import type { JsonObject } from '../json.ts'

const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
}

/** Parses `90d`, `12h` or `3600` (seconds) to seconds. */
export function durationSeconds(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhdwy]?)$/.exec(text) ?? []
  const seconds = Number(digits) * (unitSeconds[unit || 's'] ?? Number.NaN)
  if (!(seconds > 0 && seconds <= 100 * 31_536_000)) {
    throw new InvalidArgumentError('It must be a duration such as 90d, 12h, 30m or 3600 (seconds).')
  }
  return seconds
}

/** Works like {@link durationSeconds}, but accepts 0. */
export function durationOrZero(text: string): number {
  return text === '0' ? 0 : durationSeconds(text)
}

const absoluteTime = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** Parses `2027-01-31` (its beginning in UTC) or a time with its offset (RFC 3339 §5.6; the seconds may be left out). */
export function timeValue(text: string): Date {
  const [, day = ''] = absoluteTime.exec(text) ?? []
  const time = new Date(text)
  // The 31st of a shorter month would be a day of the next month.
  const isDay = day !== '' && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)
  if (!isDay || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('It must be a time such as 2027-01-31 or 2027-01-31T12:00:00Z.')
  }
  return time
}

/** `--status <status>`: one of `statuses`, in upper or lower case, as tables and JSON show it in upper case. */
export function statusOption(description: string, statuses: readonly string[]): Option {
  const option = new Option('--status <status>', description).choices(statuses)
  const parse = option.parseArg
  return option.argParser((text) => parse?.(text.toLowerCase(), undefined))
}

export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 65_536
  if (value > 65_535) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.')
  return value
}

export function schemaName(text: string): string {
  const fault = schemaNameFault(text)
  if (fault !== null) throw new InvalidArgumentError(`It ${fault}.`)
  return text
}

/** Parses a list separated by commas or spaces, and appends it to that of an earlier use of the option. */
export function parseList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(/[\s,]+/).filter((scope) => scope !== '')]
}

export function limit(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 1000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
  }
  return value
}

export function workers(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 64) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 64.')
  }
  return value
}

export function jsonObject(text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It must be JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError('It must be a JSON object such as {"team":"billing"}.')
  }
  return value as JsonObject
}

import { configuration } from '../configuration.ts'

/** A number of days, a date of the calendar, or no expiry. */
export type Expiry = number | 'date' | 'never'

const day = 24 * 60 * 60 * 1000
const limit = configuration.maxLifetimeDays

export const expiries: readonly Expiry[] = [
  ...[7, 30, 60, 90].filter((days) => limit === null || days <= limit),
  'date',
  ...(limit === null ? (['never'] as const) : []),
]

export const usualExpiry: Expiry = expiries.includes(30) ? 30 : (expiries[0] ?? 'date')

/** Returns the date in the form of a date field, in the time zone of the person. */
function dateText(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 10)
}

/** Returns the first and the last date that the server accepts. The last one is missing without a limit. */
export function dateBounds(now: number): { readonly min: string; readonly max?: string } {
  const min = dateText(new Date(now + day))
  return limit === null ? { min } : { min, max: dateText(new Date(now + limit * day)) }
}

/** Returns when a key expires that is created now; null if never or if the date is not valid. */
export function expiryTime(expiry: Expiry, date: string, now: number): Date | null {
  if (expiry === 'never') return null
  if (typeof expiry === 'number') return new Date(now + expiry * day)
  const end = new Date(`${date}T23:59:59`)
  if (Number.isNaN(end.getTime()) || end.getTime() <= now) return null
  // The last second of the last day would be beyond the limit.
  return limit === null ? end : new Date(Math.min(end.getTime(), now + limit * day - 60_000))
}

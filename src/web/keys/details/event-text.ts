import { exactTime } from '../kit/time.tsx'
import { visibleText } from '../kit/visible.ts'
import { m } from '../messages/current.ts'

/** Returns a changed value in words that fit one line. */
function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(valueText).join(', ')
  const text = visibleText(typeof value === 'string' ? value : JSON.stringify(value))
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

function isChange(value: unknown): value is { readonly from: unknown; readonly to: unknown } {
  return value !== null && typeof value === 'object' && 'from' in value && 'to' in value
}

const times = new Set(['expiresAt', 'previousExpiresAt', 'previousLastUsedAt', 'since'])

/** They are the time of the event itself, which its row shows. */
const ownTimes = new Set(['revokedAt', 'signedOutAt'])

/** Returns a value of a known detail in words, and any other one as it is. */
function wordsOf(type: string, name: string, value: unknown): string {
  if (name === 'scopes' && value === null) return m.admin.noCeiling
  if (typeof value !== 'string') return valueText(value)
  if (times.has(name)) {
    const at = new Date(value)
    return Number.isNaN(at.getTime()) ? valueText(value) : exactTime(at)
  }
  if (name === 'status') return known(m.admin.statuses, value) ?? valueText(value)
  // In other events, the reason is what a person wrote.
  const isCode = name === 'reason' && type === 'credential.refused'
  return (isCode ? known(m.details.refusals, value) : null) ?? valueText(value)
}

function known(words: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(words, name) ? (words[name] ?? null) : null
}

/**
 * Returns the facts of an event as lines, such as `Scopes: read:users → –`. Unknown ones have the name that the
 * server gives them.
 *
 * @param shown the id of the key or user that the event is about, which is not repeated
 */
export function detailLines(
  type: string,
  details: Readonly<Record<string, unknown>>,
  shown: string | null,
): readonly string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    if (ownTimes.has(name) || (shown !== null && value === shown)) return []
    const flag = known(m.details.eventFlags, name)
    if (flag !== null && typeof value === 'boolean') return value ? [flag] : []
    const label = known(m.details.eventFields, name) ?? name
    if (isChange(value)) {
      return [`${label}: ${wordsOf(type, name, value.from)} → ${wordsOf(type, name, value.to)}`]
    }
    return value === null || valueText(value) === '–'
      ? []
      : [`${label}: ${wordsOf(type, name, value)}`]
  })
}

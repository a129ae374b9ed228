import { visibleText } from '../kit/visible.ts'

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

/** Returns the facts of an event as lines, such as `scopes: read:users → –`. */
export function detailLines(details: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(details).flatMap(([name, value]) => {
    if (isChange(value)) return [`${name}: ${valueText(value.from)} → ${valueText(value.to)}`]
    return value === null || valueText(value) === '–' ? [] : [`${name}: ${valueText(value)}`]
  })
}

import type { AuditEvent } from '../audit/event.ts'
import type { CommandContext } from './command-context.ts'

/** Prints `json` where `--json` is given, otherwise `text`. */
export function answer(
  { out }: Pick<CommandContext, 'out'>,
  options: { readonly json?: boolean | undefined },
  json: unknown,
  text: () => string,
): void {
  out(options.json === true ? `${jsonText(json, 2)}\n` : text())
}

/**
 * Formats JSON with the characters escaped that a terminal would obey: JSON itself escapes only those below U+0020.
 */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(/[\x7f-\x9f\p{Cf}\u2028\u2029]/gu, (found) =>
    found.split('').map(escaped).join(''),
  )
}

/** Formats a table. Each column is as wide as its longest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(onOneLine))]
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

export function dateTime(date: Date | null): string {
  return date === null ? '-' : date.toISOString().replace('T', ' ').replace(/\..*/, 'Z')
}

export function scopeText(scopes: readonly string[] | null): string {
  if (scopes === null) return '(no ceiling)'
  return scopes.length === 0 ? '(none)' : scopes.join(' ')
}

/** Formats an event as one line: time, type, target, actor and details. */
export function auditLine({ at, type, targetId, actor, details }: AuditEvent): string {
  const by = actor.subject === null ? '-' : `${actor.credentialKind ?? '-'}:${actor.subject}`
  const words = [at.toISOString(), type, targetId ?? '-', by, JSON.stringify(details)]
  return `${onOneLine(words.join('  '))}\n`
}

/** Replaces control characters, which a terminal would obey. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}

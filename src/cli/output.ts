import type { AuditEvent } from '../audit/event.ts'
import type { CommandContext } from './command-context.ts'

/** Answers with `json` for machines, else with `text`. */
export function answer(
  { out }: Pick<CommandContext, 'out'>,
  options: { readonly json?: boolean | undefined },
  json: unknown,
  text: () => string,
): void {
  out(options.json === true ? `${JSON.stringify(json, null, 2)}\n` : text())
}

/** Columns as wide as they must be, the headings first. */
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

export function dateTime(date: Date | null): string {
  return date === null ? '-' : date.toISOString().replace('T', ' ').replace(/\..*/, 'Z')
}

export function scopeText(scopes: readonly string[] | null): string {
  if (scopes === null) return '(no ceiling)'
  return scopes.length === 0 ? '(none)' : scopes.join(' ')
}

/** One line: when, what, to what, by whom, and the details. */
export function auditLine({ at, type, targetId, actor, details }: AuditEvent): string {
  const by = actor.subject === null ? '-' : `${actor.credentialKind ?? '-'}:${actor.subject}`
  const words = [at.toISOString(), type, targetId ?? '-', by, JSON.stringify(details)]
  return `${onOneLine(words.join('  '))}\n`
}

/** A terminal obeys control characters, wherever they come from. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}

import { BadUserInputError } from './errors.ts'

/**
 * Characters that are not allowed in a text for people: controls (C0, C1), line and paragraph separators,
 * bidirectional controls, which reorder the shown text, and halves of a surrogate pair.
 */
const unreadable = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u
const lineBreaks = /\r\n|\r|\n|\t/g

export interface TextRule {
  /** The maximum length in Unicode code points. */
  readonly maxLength: number
  /** Whether line breaks and tabs are allowed. Default `false`. */
  readonly multiline?: boolean
}

/** The rule for the reason of a change, which goes to the audit trail. */
export const reasonRule: TextRule = { maxLength: 500, multiline: true }

/**
 * Returns `value` without surrounding white space.
 *
 * @throws BadUserInputError when it is empty or breaks `rule`
 */
export function requiredText(field: string, value: string, rule: TextRule): string {
  const text = value.trim()
  if (text === '') throw new BadUserInputError(field, `\`${field}\` must not be empty.`)
  const length = lengthOf(text, rule.maxLength)
  if (length > rule.maxLength) {
    throw new BadUserInputError(
      field,
      `\`${field}\` has ${length} characters; at most ${rule.maxLength} are allowed.`,
    )
  }
  if (unreadable.test(rule.multiline ? text.replace(lineBreaks, ' ') : text)) {
    throw new BadUserInputError(field, `\`${field}\` contains control characters.`)
  }
  return text
}

/** Counts code points. A text that is far too long is measured in code units, which takes no time. */
function lengthOf(text: string, maximum: number): number {
  return text.length > 10 * maximum ? text.length : [...text].length
}

/** Works like {@link requiredText}, but returns `null` for a missing or empty text. */
export function optionalText(
  field: string,
  value: string | null | undefined,
  rule: TextRule,
): string | null {
  return value == null || value.trim() === '' ? null : requiredText(field, value, rule)
}

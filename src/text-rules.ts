import { BadUserInputError } from './errors.ts'

/**
 * Characters that have no place in a name a person reads: controls (C0, C1), line and paragraph
 * separators, bidirectional controls that reorder what is shown, and halves of a surrogate pair.
 */
const unreadable = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u
const lineBreaks = /\r\n|\r|\n|\t/g

export interface TextRule {
  /** In Unicode code points. */
  readonly maxLength: number
  /** Whether line breaks and tabs may stand in it. Default `false`. */
  readonly multiline?: boolean
}

/** Why something was done, for the audit trail. */
export const reasonRule: TextRule = { maxLength: 500, multiline: true }

/** `value` without surrounding white space. @throws BadUserInputError when empty or breaking `rule` */
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
    throw new BadUserInputError(field, `\`${field}\` holds control characters.`)
  }
  return text
}

/** In code points, which take time to count: of what is too long in any case, in code units. */
function lengthOf(text: string, maximum: number): number {
  return text.length > 10 * maximum ? text.length : [...text].length
}

/** The same, where nothing and an empty text both mean `null`. */
export function optionalText(
  field: string,
  value: string | null | undefined,
  rule: TextRule,
): string | null {
  return value == null || value.trim() === '' ? null : requiredText(field, value, rule)
}

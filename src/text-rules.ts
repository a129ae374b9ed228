import { BadUserInputError } from './errors.ts'

/**
 * Characters that are not allowed in a text for people: controls (C0, C1), line and paragraph separators,
 * bidirectional controls, which reorder the shown text, and halves of a surrogate pair.
 */
const unreadable = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u
/**
 * Characters that are shown as nothing (Unicode, Default_Ignorable_Code_Point), such as a zero-width space or
 * a tag. Two names that differ in them look the same.
 */
const invisible = /\p{Default_Ignorable_Code_Point}/u
/** Variation selectors that choose how the emoji or keycap before them is shown (UTS #51 §1.4.3). */
const emojiStyle =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])[\uFE0E\uFE0F]|(?<=[0-9#*])\uFE0F(?=\u20E3)/gu
/** ZWNJ and ZWJ where scripts and sequences of emoji need them. */
const joiners =
  /(?<=[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200C\u200D](?=[\p{L}\p{M}\p{Extended_Pictographic}])/gu
/** Besides spaces, characters that have a width and no shape: Braille blank and the null notehead. */
const visible = /[^\p{Z}\p{C}\u2800\u{1D159}]/u
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
  if (invisible.test(text.replace(emojiStyle, '').replace(joiners, ''))) {
    throw new BadUserInputError(field, `\`${field}\` contains invisible characters.`)
  }
  if (!visible.test(text)) {
    throw new BadUserInputError(field, `\`${field}\` must contain a visible character.`)
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

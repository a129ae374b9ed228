/** Controls, and characters that hide or reorder the text around them. Joiners stay, because scripts need them. */
const hidden =
  /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E0FFF}]/gu

/**
 * Returns a text with escapes in place of the characters that would hide or reorder other text. They are those of
 * JSON, so a JSON document keeps its meaning. Line breaks stay.
 */
export function visibleText(text: string): string {
  return text.replace(hidden, (character) =>
    character === '\n' ? character : character.split('').map(escapeOf).join(''),
  )
}

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

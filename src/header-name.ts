/** A `token` (RFC 9110 §5.6.2), such as a header's name or a scheme, as a part of a regular expression. */
export const httpToken = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

const whole = new RegExp(`^${httpToken}$`)

/** Whether `text` can be a header's name (RFC 9110 §5.1), which has at most `maxLength` characters. */
export function isHeaderName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && whole.test(text)
}

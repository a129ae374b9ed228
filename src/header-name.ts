/** The syntax of a `token` (RFC 9110 §5.6.2), for use in regular expressions. */
export const httpToken = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

const whole = new RegExp(`^${httpToken}$`)

/** Whether `text` is a header name (RFC 9110 §5.1) of at most `maxLength` characters. */
export function isHeaderName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && whole.test(text)
}

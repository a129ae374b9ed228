/** Characters that URL parsers remove or take for a slash (WHATWG URL §4.4). */
const rewritten = /[\p{Cc}\s\\]/u

/** Whether `text` is an absolute http(s) URL without a user name, which every parser reads in the same way. */
export function isHttpUrl(text: string): boolean {
  if (rewritten.test(text) || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/**
 * Whether `text` is an http(s) URL to which paths may be appended. It has no query, no fragment and no empty
 * segment: a path that begins with two slashes is another host to a browser.
 */
export function isBaseUrl(text: string): boolean {
  if (!isHttpUrl(text) || /[?#]/.test(text)) return false
  return !new URL(text).pathname.replace(/\/+$/, '').includes('//')
}

/** Whether `text` is a path with or without a query that stays on its host, without `.` and `..` segments. */
export function isOwnPath(text: string): boolean {
  if (!/^\/(?!\/)/.test(text) || rewritten.test(text)) return false
  const [path = ''] = text.split(/[?#]/)
  return !path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}

import { httpToken } from '../header-name.ts'
import { hasKeyForm, looksLikeKey } from './key-form.ts'

/**
 * Whether an `Authorization` header is for someone else, such as a proxy that asks for `Basic`: its
 * scheme is not `Bearer`, it is one header, and nothing in it has the form of an API key or a JWT. A
 * value without a scheme is looked at alike, since no rule tells a scheme that stands alone from it.
 *
 * What is encoded is not decoded: a key as the user name of `Basic` is not found.
 */
export function isOfAnotherScheme(value: string, keyPrefix: string): boolean {
  const words = value.split(/[ \t]+/)
  const [scheme = ''] = words
  if (scheme === '' || scheme.toLowerCase() === 'bearer') return false
  if (value.includes(',') && !hasParameters.test(value)) return false
  if (words.some((word) => looksLikeKey(word, keyPrefix) || jwtForm.test(word))) return false
  // In a parameter only what is a whole one: `username="lk_bob"` is a name.
  const parts = value.split(/[^\w.-]+/)
  return !parts.some((part) => hasKeyForm(part, keyPrefix) || jwtOfJson.test(part))
}

/**
 * Several parameters after the scheme (RFC 9110 §11.4), the one use of commas in a single header. An
 * empty element is not allowed: it may be a second header.
 */
const hasParameters = (() => {
  const quoted = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"'
  // Some schemes leave values unquoted that should not be, such as `AWS4-HMAC-SHA256`.
  const parameter = `${httpToken}[ \\t]*=[ \\t]*(?:[^\\s,"]+|${quoted})`
  return new RegExp(`^${httpToken} +${parameter}(?:[ \\t]*,[ \\t]*${parameter})*$`)
})()

/** A compact JWS or JWE (RFC 7515 §7.1, RFC 7516 §7.1). */
const jwtForm = /^[\w-]+(?:\.[\w-]*){2}(?:(?:\.[\w-]*){2})?$/
/** The same whose header begins with `{`, a space or a quotation mark after it: host names have dots too. */
const jwtOfJson = /^e[wy][\w-]*(?:\.[\w-]*){2}(?:(?:\.[\w-]*){2})?$/

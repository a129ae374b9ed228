import { httpToken } from '../header-name.ts'
import { hasImportedForm, type ImportedKeyForm } from './imported-key.ts'
import { hasKeyForm, looksLikeKey } from './key-form.ts'

/**
 * Whether an `Authorization` header is meant for another recipient, such as a proxy with `Basic`: it is a
 * single header, its scheme is not `Bearer`, and nothing in it has the form of an API key or a JWT. A value
 * without a scheme is treated in the same way, since it looks like a scheme without credentials.
 *
 * Encoded values are not decoded: a key as the user name of `Basic` is not detected.
 */
export function isOfAnotherScheme(
  value: string,
  keyPrefix: string,
  importedForms: readonly ImportedKeyForm[] = [],
): boolean {
  const words = value.split(/[ \t]+/)
  const [scheme = ''] = words
  if (scheme === '' || scheme.toLowerCase() === 'bearer') return false
  if (value.includes(',') && !hasParameters.test(value)) return false
  if (words.some((word) => looksLikeKey(word, keyPrefix) || jwtForm.test(word))) return false
  if (words.some((word) => hasImportedForm(word, importedForms, keyPrefix))) return false
  // In parameters only whole keys count: `username="lk_bob"` is a name.
  const parts = value.split(/[^\w.-]+/)
  return !parts.some((part) => hasKeyForm(part, keyPrefix) || jwtOfJson.test(part))
}

/**
 * Matches several parameters after the scheme (RFC 9110 §11.4), the only use of commas in a single header. An
 * empty element is not allowed, because it may be a second header.
 */
const hasParameters = (() => {
  const quoted = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"'
  // Some schemes do not quote values that need quotes, such as `AWS4-HMAC-SHA256`.
  const parameter = `${httpToken}[ \\t]*=[ \\t]*(?:[^\\s,"]+|${quoted})`
  return new RegExp(`^${httpToken} +${parameter}(?:[ \\t]*,[ \\t]*${parameter})*$`)
})()

/** Matches a compact JWS or JWE (RFC 7515 §7.1, RFC 7516 §7.1). */
const jwtForm = /^[\w-]+(?:\.[\w-]*){2}(?:(?:\.[\w-]*){2})?$/
/** Matches one whose header begins with `{` and a space or quotation mark, since host names have dots too. */
const jwtOfJson = /^e[wy][\w-]*(?:\.[\w-]*){2}(?:(?:\.[\w-]*){2})?$/

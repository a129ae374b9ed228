const refused = /^q=0(\.0*)?$/

/**
 * Whether an `Accept` header names a media type and does not refuse it by `q=0` (RFC 9110 §12.4.2, §12.5.1). A wildcard
 * does not name it, because programs send one by default.
 *
 * @param type in lower case
 */
export function acceptsByName(accept: string | null, type: string): boolean {
  if (accept === null || !accept.toLowerCase().includes(type)) return false
  return accept.split(',').some((range) => {
    const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return name === type && !parameters.some((parameter) => refused.test(parameter))
  })
}

/**
 * Whether a body is encoded, such as by gzip, from its `Content-Encoding` (RFC 9110 §8.4). `identity` is
 * no coding. No endpoint decodes one: a small body may become a huge one.
 */
export function isEncoded(contentEncoding: string | null): boolean {
  if (contentEncoding === null) return false
  return contentEncoding.split(',').some((coding) => !/^(identity)?$/i.test(coding.trim()))
}

export const encodedDetail = 'Send the body without a Content-Encoding.'

/** What goes with the 415 for an encoded body: the codings that would do (RFC 9110 §15.5.16). */
export const acceptedCodings = { 'accept-encoding': 'identity' } as const

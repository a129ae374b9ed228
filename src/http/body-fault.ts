import type { HttpRequest } from './endpoint.ts'

/** The reason why a body is refused (415), and the header that names what is accepted. */
export interface BodyFault {
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Checks that a body has the media type `mediaType` and no content encoding. Returns `null` if it does.
 */
export function bodyFault(
  request: Pick<HttpRequest, 'header'>,
  mediaType: string,
): BodyFault | null {
  const type = request.header('content-type')
  // Media types are case-insensitive (RFC 9110 §8.3.1).
  if (type !== mediaType && type?.split(';', 1)[0]?.trim().toLowerCase() !== mediaType) {
    return { detail: `Send ${mediaType}.`, headers: { 'accept-post': mediaType } }
  }
  if (!isEncoded(request.header('content-encoding'))) return null
  return {
    detail: 'Send the body without a Content-Encoding.',
    // The accepted codings (RFC 9110 §15.5.16).
    headers: { 'accept-encoding': 'identity' },
  }
}

/**
 * Returns whether a body is encoded, for example with gzip, from its `Content-Encoding` (RFC 9110 §8.4).
 * `identity` means no encoding. No endpoint decodes a body, because a small body can expand to a huge one.
 */
function isEncoded(contentEncoding: string | null): boolean {
  if (contentEncoding === null) return false
  return contentEncoding.split(',').some((coding) => !/^(identity)?$/i.test(coding.trim()))
}

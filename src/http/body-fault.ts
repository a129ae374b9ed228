import type { HttpRequest } from './endpoint.ts'

/** Why the body of a request is not read (415), and the header that says what would be. */
export interface BodyFault {
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * What is wrong with a body that has to be of that media type and not encoded; `null`: nothing.
 */
export function bodyFault(
  request: Pick<HttpRequest, 'header'>,
  mediaType: string,
): BodyFault | null {
  const type = request.header('content-type')
  // The case of a media type means nothing (RFC 9110 §8.3.1).
  if (type !== mediaType && type?.split(';', 1)[0]?.trim().toLowerCase() !== mediaType) {
    return { detail: `Send ${mediaType}.`, headers: { 'accept-post': mediaType } }
  }
  if (!isEncoded(request.header('content-encoding'))) return null
  return {
    detail: 'Send the body without a Content-Encoding.',
    // The codings that would do (RFC 9110 §15.5.16).
    headers: { 'accept-encoding': 'identity' },
  }
}

/**
 * Whether a body is encoded, such as by gzip, from its `Content-Encoding` (RFC 9110 §8.4). `identity` is
 * no coding. No endpoint decodes one: a small body may become a huge one.
 */
function isEncoded(contentEncoding: string | null): boolean {
  if (contentEncoding === null) return false
  return contentEncoding.split(',').some((coding) => !/^(identity)?$/i.test(coding.trim()))
}

import { bodyFault } from './body-fault.ts'
import { BodyTooLargeError, type HttpRequest, UnreadableBodyError } from './endpoint.ts'
import { problem } from './problem.ts'

/**
 * Reads a body of the media type `mediaType` as text. Returns the answer of an error (415, 413 or 400) if it has
 * another type or a content encoding, is larger than `maxBytes`, or is not complete or not UTF-8.
 */
export async function readTextBody(
  request: HttpRequest,
  mediaType: string,
  maxBytes: number,
): Promise<string | Response> {
  const fault = bodyFault(request, mediaType)
  if (fault !== null) return problem(415, fault)
  try {
    return await request.readBody(maxBytes)
  } catch (error) {
    if (error instanceof UnreadableBodyError) return problem(400, { detail: error.message })
    if (!(error instanceof BodyTooLargeError)) throw error
    return problem(413, { detail: `The body is larger than ${maxBytes} bytes.` })
  }
}

import { isUtf8 } from 'node:buffer'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { Answer } from '../yoga/error-answer.ts'
import type { RequestContext } from './request-context.ts'

/** A request, independent of the kind of server that received it. */
export interface HttpRequest extends CredentialCarrier {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Whether `target` is the text that the client sent. `false`: a URL parser has normalized it. */
  readonly isTargetRaw: boolean
  /** The request that plugins and resolvers see. Its body may already have been read. */
  readonly shown: Request
  /** @throws BodyTooLargeError, UnreadableBodyError */
  readBody(maxBytes: number): Promise<string>
}

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/** The body is not complete, because the client has disconnected, or not UTF-8. The message is for the client. */
export class UnreadableBodyError extends Error {
  override readonly name = 'UnreadableBodyError'
}

/**
 * Decodes a body. JSON and forms are UTF-8 (RFC 8259 §8.1, WHATWG URL §5).
 *
 * @throws UnreadableBodyError if it is not UTF-8, where a decoder would replace what it cannot read by U+FFFD
 */
export function decodeBody(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new UnreadableBodyError('The body is not UTF-8.')
  return bytes.toString()
}

/** An endpoint that needs no fetch Request or Response. It answers synchronously where it can. */
export interface DirectEndpoint {
  /** The name of the endpoint in metrics and in the log. */
  readonly route: string
  /** Whether its answers carry headers for browsers: CORS and the security headers. */
  readonly isForBrowsers: boolean
  /** Returns whether the endpoint answers `request`. */
  takes(request: HttpRequest): boolean
  answer(request: HttpRequest, context: RequestContext): Answer | Promise<Answer>
  /** Returns the answer to send if `answer` throws or its answer cannot be sent. */
  failed(cause: unknown, request: HttpRequest, context: RequestContext): Answer
}

/** Returns the answer of `endpoint`. Never throws or rejects. */
export function answerOf(
  endpoint: DirectEndpoint,
  request: HttpRequest,
  context: RequestContext,
): Answer | Promise<Answer> {
  const fail = (cause: unknown) => endpoint.failed(cause, request, context)
  try {
    const answer = endpoint.answer(request, context)
    return answer instanceof Promise ? answer.catch(fail) : answer
  } catch (cause) {
    return fail(cause)
  }
}

import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { Answer } from '../yoga/error-answer.ts'
import type { RequestContext } from './request-context.ts'

/** A request, whichever server it came to. */
export interface HttpRequest extends CredentialCarrier {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Whether the target is as it was sent, rather than as a URL parser made it. */
  readonly isTargetRaw: boolean
  /** As plugins and resolvers see it. Its body may have been read. */
  readonly shown: Request
  /** @throws BodyTooLargeError */
  readBody(maxBytes: number): Promise<string>
}

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/** An endpoint that needs no fetch Request or Response. Answers at once where it can. */
export interface DirectEndpoint {
  /** Its name in metrics and in the log. */
  readonly route: string
  /** Whether its answers carry the headers for browsers: CORS, and what a page may do. */
  readonly isForBrowsers: boolean
  /** Whether it answers that request. */
  takes(request: HttpRequest): boolean
  answer(request: HttpRequest, context: RequestContext): Answer | Promise<Answer>
  /** The answer where `answer` throws, or its answer cannot be sent. */
  failed(cause: unknown, request: HttpRequest, context: RequestContext): Answer
}

/** The answer of `endpoint`; never throws. */
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

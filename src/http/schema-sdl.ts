import type { Authenticator } from '../credentials/authenticator.ts'
import { httpFailure } from '../credentials/challenge.ts'
import { type LatchkeyError, UnauthenticatedError } from '../errors.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import { problem } from './problem.ts'
import type { RequestContext } from './request-context.ts'

export interface SchemaSdlParts {
  readonly sdl: string
  readonly authenticator: Authenticator
  readonly failures: FailureLimiter
  /** Whether the anonymous may read it. */
  readonly publicIntrospection: boolean
}

/** Answers with the schema as SDL. */
export function createSchemaSdl(parts: SchemaSdlParts) {
  const { sdl, authenticator, failures, publicIntrospection } = parts
  const body = () => new Response(sdl, { headers: { 'content-type': 'text/plain; charset=utf-8' } })

  return async (request: Request, context: RequestContext): Promise<Response> => {
    if (publicIntrospection) return body()
    const { searchParams } = new URL(request.url)
    const authentication = await authenticator.authenticate({
      header: (name) => request.headers.get(name),
      queryParameters: (name) => searchParams.getAll(name),
    })
    context.seen.authentication = authentication
    switch (authentication.kind) {
      case 'authenticated': {
        const response = body()
        response.headers.set('cache-control', 'private, no-cache')
        return response
      }
      case 'refused':
        return refused(failures.errorFor(authentication.refusal.error, context.clientAddress()))
      default:
        return refused(new UnauthenticatedError())
    }
  }
}

function refused(error: LatchkeyError): Response {
  const { status, headers } = httpFailure(error)
  return problem(status, { detail: error.message, headers })
}

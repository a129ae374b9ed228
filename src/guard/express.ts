import type { NodeRequest } from '../admission/request-carrier.ts'
import { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { problemDetails, problemHeaders } from '../problem-response.ts'
import { type CreateGuardOptions, createGuard, requireScopeNames } from './create-guard.ts'

declare global {
  namespace Express {
    interface Request {
      /** Set by the middleware of `expressGuard`. */
      principal?: Principal
    }
  }
}

/** A request of Express, without a dependency on it. */
export interface ExpressRequest extends NodeRequest {
  /** The address of the client, as the setting `trust proxy` determines it. */
  readonly ip?: string | undefined
  principal?: Principal
}

interface ExpressResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body: string): unknown
}

export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Returns a function that makes middleware for Express 4 or 5: it requires a valid credential with all of the
 * scopes, and sets `request.principal`. A refused request is answered with problem details (RFC 9457).
 *
 * `clientAddress` is `request.ip` by default: set `trust proxy` in Express if a proxy is in front.
 */
export function expressGuard(
  options: CreateGuardOptions<ExpressRequest>,
): (...scopes: string[]) => ExpressMiddleware {
  const guard = createGuard({ clientAddress: ({ ip }) => ip, ...options })
  return (...scopes) => {
    requireScopeNames(scopes)
    return async (request, response, next) => {
      try {
        request.principal = await guard(request, ...scopes)
      } catch (error) {
        if (!(error instanceof LatchkeyError)) return next(error)
        const { status, headers, message } = error
        response.writeHead(status, { ...problemHeaders(headers) })
        response.end(problemDetails(status, message))
        return
      }
      next()
    }
  }
}

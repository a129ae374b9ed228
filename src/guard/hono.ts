import {
  type GuardRequest,
  isNodeRequest,
  type NodeRequest,
  TooManyHeadersError,
} from '../admission/request-carrier.ts'
import { mayHaveDroppedHeaders } from '../credentials/raw-headers.ts'
import { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type CreateGuardOptions, createGuard, requireScopeNames } from './create-guard.ts'

/** A context of Hono, without a dependency on it. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
  /** On Node, `@hono/node-server` adds the request of Node's HTTP server as `incoming`. */
  readonly env?: unknown
  set(name: 'principal', principal: Principal): void
}

export type HonoMiddleware = (
  context: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>

export interface HonoGuardOptions extends Omit<CreateGuardOptions, 'clientAddress'> {
  /** Like `clientAddress` of `createGuard`. */
  readonly clientAddress?: (context: HonoContext) => string | null | undefined
}

/** The type of the variables that the middleware sets, for `new Hono<{ Variables: GuardVariables }>()`. */
export interface GuardVariables {
  principal: Principal
}

/**
 * Returns a function that makes middleware for Hono: it requires a valid credential with all of the scopes, and
 * sets the variable `principal`. A refused request is answered with problem details (RFC 9457).
 */
export function honoGuard({
  clientAddress,
  ...options
}: HonoGuardOptions): (...scopes: string[]) => HonoMiddleware {
  const contexts = new WeakMap<object, HonoContext>()
  const guard = createGuard({
    ...options,
    clientAddress: (request: GuardRequest) => {
      const context = contexts.get(request)
      if (context === undefined) return null
      return clientAddress === undefined ? peerAddress(context) : clientAddress(context)
    },
  })
  return (...scopes) => {
    requireScopeNames(scopes)
    return async (context, next) => {
      try {
        const incoming = incomingOf(context)
        if (incoming !== null && mayHaveDroppedHeaders(incoming)) throw new TooManyHeadersError()
        // Not `incoming`: a request that the application makes to itself has another one's.
        const request = context.req.raw
        contexts.set(request, context)
        context.set('principal', await guard(request, ...scopes))
      } catch (error) {
        if (error instanceof LatchkeyError) return error.toResponse()
        throw error
      }
      await next()
      return undefined
    }
  }
}

/** The request of Node's server on whose behalf this one is handled. */
function incomingOf({ env }: HonoContext): NodeRequest | null {
  const { incoming } = (env ?? {}) as { incoming?: unknown }
  return isNodeRequest(incoming) ? incoming : null
}

function peerAddress(context: HonoContext): string | null {
  return incomingOf(context)?.socket?.remoteAddress ?? null
}

import { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type GuardRequest, isNodeRequest, type NodeRequest } from './carrier.ts'
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
    ...(clientAddress && {
      clientAddress: (request: GuardRequest) => {
        const context = contexts.get(request)
        return context && clientAddress(context)
      },
    }),
  })
  return (...scopes) => {
    requireScopeNames(scopes)
    return async (context, next) => {
      try {
        const request = incomingOf(context) ?? context.req.raw
        if (clientAddress) contexts.set(request, context)
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

/** Node's own request has all values of repeated headers. */
function incomingOf({ env }: HonoContext): NodeRequest | null {
  const { incoming } = (env ?? {}) as { incoming?: unknown }
  return isNodeRequest(incoming) ? incoming : null
}

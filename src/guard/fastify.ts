import type {} from 'fastify'
import type { NodeRequest } from '../admission/request-carrier.ts'
import { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { problemDetails, problemHeaders } from '../problem-response.ts'
import { type CreateGuardOptions, createGuard, requireScopeNames } from './create-guard.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the hooks of `fastifyGuard`. */
    principal?: Principal
  }
}

/** A request of Fastify, without a dependency on it. */
export interface FastifyGuardRequest {
  readonly raw: NodeRequest
  /** The address of the client, as the option `trustProxy` determines it. */
  readonly ip?: string
  principal?: Principal
}

interface FastifyGuardReply {
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
  send(body: string): unknown
}

export type FastifyGuardHook = (
  request: FastifyGuardRequest,
  reply: FastifyGuardReply,
) => Promise<unknown>

/**
 * Returns a function that makes `onRequest` hooks for Fastify: a hook requires a valid credential with all of the
 * scopes, and sets `request.principal`. A refused request is answered with problem details (RFC 9457).
 *
 * Set the hook on each route. It needs no plugin, so no encapsulation can take it from a route. With `addHook`, it
 * covers the routes of that Fastify instance and of its children only.
 *
 * `clientAddress` is `request.ip` by default: set `trustProxy` in Fastify if a proxy is in front.
 */
export function fastifyGuard(
  options: CreateGuardOptions<FastifyGuardRequest>,
): (...scopes: string[]) => FastifyGuardHook {
  const guard = createGuard({ clientAddress: ({ ip }) => ip, ...options })
  return (...scopes) => {
    requireScopeNames(scopes)
    return async (request, reply) => {
      try {
        request.principal = await guard(request, ...scopes)
        return undefined
      } catch (error) {
        if (!(error instanceof LatchkeyError)) throw error
        const { status, headers, message } = error
        reply.code(status)
        reply.headers({ ...problemHeaders(headers) })
        return reply.send(problemDetails(status, message))
      }
    }
  }
}

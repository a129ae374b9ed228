import type { Plugin } from 'graphql-yoga'
import { type Backends, createBackends } from '../backends/backends.ts'
import { credentialDefaults } from '../credentials/defaults.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { PrincipalContext } from './use-principal.ts'

export interface UseBackendsOptions {
  /** Made by `createIdentityIssuer`; `null`: backends can be called for the anonymous alone. */
  readonly identity: IdentityIssuer | null
  /** The headers that credentials come in beside `Authorization`. Default `['x-api-key']`. */
  readonly credentialHeaders?: readonly string[]
}

/** What `useBackends` adds to the context. */
export interface BackendsContext {
  readonly backends: Backends
}

/** Publishes `context.backends`, for resolvers that ask other services. Goes after `usePrincipal`. */
export function useBackends(options: UseBackendsOptions): Plugin<BackendsContext> {
  return {
    onContextBuilding({ context, extendContext }) {
      extendContext({ backends: backendsOf(options, context) })
    },
  }
}

/**
 * Those of one request. Most call none, so what that takes is made when one is called.
 *
 * @param context with the request, its principal and its id, by then
 */
export function backendsOf(
  { identity, credentialHeaders = [credentialDefaults.apiKeyHeader] }: UseBackendsOptions,
  context: object,
): Backends {
  const make = (): Backends => {
    const { principal, requestId, request } = context as PrincipalContext & {
      readonly requestId?: string
      readonly request: Request
    }
    return createBackends({
      identity,
      principal,
      requestId: requestId ?? null,
      clientHeader: (name) => request.headers.get(name),
      credentialHeaders,
    })
  }
  return { fetch: (...asked) => make().fetch(...asked) }
}

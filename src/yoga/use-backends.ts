import type { Plugin } from 'graphql-yoga'
import { type Backends, createBackends } from '../backends/backends.ts'
import { credentialDefaults } from '../credentials/defaults.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { PrincipalContext } from './use-principal.ts'

export interface UseBackendsOptions {
  /**
   * Issues identity tokens, made by `createIdentityIssuer`; `null`: only anonymous callers can call backends.
   */
  readonly identity: IdentityIssuer | null
  /** Headers that carry credentials beside `Authorization`, in lower case. Default `['x-api-key']`. */
  readonly credentialHeaders?: readonly string[]
}

/** The part of the context that `useBackends` adds. */
export interface BackendsContext {
  readonly backends: Backends
}

/** Adds `context.backends`, with which resolvers call other services. Place it after `usePrincipal`. */
export function useBackends(options: UseBackendsOptions): Plugin<BackendsContext> {
  return {
    onContextBuilding({ context, extendContext }) {
      extendContext({ backends: backendsOf(options, context) })
    },
  }
}

/**
 * Makes the `backends` of one request. Most requests call no backend, so the parts are created when one is
 * called.
 *
 * @param context must have the request, its principal and its id when a backend is called
 */
export function backendsOf(
  { identity, credentialHeaders = [credentialDefaults.apiKeyHeader] }: UseBackendsOptions,
  context: object,
): Backends {
  return {
    fetch(...asked) {
      const { principal, requestId, request } = context as PrincipalContext & {
        readonly requestId?: string
        readonly request: Request
      }
      const backends = createBackends({
        identity,
        principal,
        requestId: requestId ?? null,
        clientHeader: (name) => request.headers.get(name),
        credentialHeaders,
      })
      return backends.fetch(...asked)
    },
  }
}

import type { Plugin } from 'graphql-yoga'
import { type Backends, createBackends } from '../backends/backends.ts'
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
export function useBackends({
  identity,
  credentialHeaders = ['x-api-key'],
}: UseBackendsOptions): Plugin<BackendsContext> {
  return {
    onContextBuilding({ context, extendContext }) {
      const { principal, requestId, request } = context as typeof context &
        PrincipalContext & { readonly requestId?: string }
      extendContext({
        backends: createBackends({
          identity,
          principal,
          requestId: requestId ?? null,
          clientHeader: (name) => request.headers.get(name),
          credentialHeaders,
        }),
      })
    },
  }
}

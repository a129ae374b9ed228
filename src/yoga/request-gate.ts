import type { GraphQLError } from 'graphql'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { requestError } from './graphql-errors.ts'

export interface RequestGateOptions {
  /** Made by `createAuthenticator`. */
  readonly authenticator: Authenticator
  /**
   * Told what came of each request's credential, for logs and metrics. `serverContext` is what was
   * passed to `yoga.fetch` or `yoga.handle` with the request.
   */
  readonly onAuthentication?: (authentication: Authentication, serverContext: object) => void
  /** What the sender of a refused credential is told. Default: the refusal's own error. */
  readonly refusalError?: (refusal: Refusal, serverContext: object) => LatchkeyError
}

/** What every request passes before anything is read of its body. */
export interface RequestGate {
  readonly authenticator: Authenticator
  /**
   * Authenticates what `carrier` reads of `request`. Answers at once where the credential is
   * remembered.
   *
   * @returns why the request is refused; `null` where it may go on
   */
  admit(
    request: object,
    carrier: CredentialCarrier,
    serverContext: object,
  ): GraphQLError | null | Promise<GraphQLError | null>
  /** Who sent `request`; `null` for the anonymous, and for one that was never admitted. */
  principalOf(request: object): Principal | null
}

/** By what they tell: most refusals tell the same, and are many where someone tries. */
const requestErrors = new WeakMap<LatchkeyError, GraphQLError>()

function requestErrorOf(error: LatchkeyError): GraphQLError {
  let made = requestErrors.get(error)
  if (made === undefined) {
    made = requestError(error)
    requestErrors.set(error, made)
  }
  return made
}

export function createRequestGate(options: RequestGateOptions): RequestGate {
  const { authenticator, onAuthentication, refusalError } = options
  const principals = new WeakMap<object, Principal>()

  function proceed(
    authentication: Authentication,
    request: object,
    serverContext: object,
  ): GraphQLError | null {
    onAuthentication?.(authentication, serverContext)
    switch (authentication.kind) {
      case 'authenticated':
        principals.set(request, authentication.principal)
        return null
      case 'anonymous':
        return null
      case 'refused': {
        const { refusal } = authentication
        return requestErrorOf(refusalError?.(refusal, serverContext) ?? refusal.error)
      }
    }
  }

  return {
    authenticator,
    admit(request, carrier, serverContext) {
      // A remembered credential is decided at once: no promise, no turn of the event loop.
      const authentication = authenticator.authenticate(carrier)
      return authentication instanceof Promise
        ? authentication.then((settled) => proceed(settled, request, serverContext))
        : proceed(authentication, request, serverContext)
    },
    principalOf: (request) => principals.get(request) ?? null,
  }
}

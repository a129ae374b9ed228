import type { Principal } from '../principal.ts'
import { RequestLoaders, type ResolverContext, type Services } from '../schema/context.ts'
import { Turns } from '../turns.ts'
import { type Latchkey, servicesOf } from './latchkey.ts'

/** The context of an application, as the resolvers of this package use it. */
export class ApplicationContext implements ResolverContext {
  readonly requestId = null
  readonly deadline = { passed: false }
  readonly services: Services
  readonly loaders: RequestLoaders
  readonly turns = new Turns()
  /** The context that the application made. */
  readonly original: object
  readonly #principalOf: (context: object) => Principal | null

  constructor(
    services: Services,
    original: object,
    principalOf: (context: object) => Principal | null,
  ) {
    this.services = services
    // One context may serve a connection for hours, so loaders keep no result.
    this.loaders = new RequestLoaders(services, { cache: false })
    this.original = original
    this.#principalOf = principalOf
  }

  /** Read each time, because a stream replaces the principal when its scopes change. */
  get principal(): Principal | null {
    return this.#principalOf(this.original)
  }
}

/** Returns the principal of a request; `null` for an anonymous caller. */
export type PrincipalOf = (context: object) => Principal | null | undefined

/** Returns a function that makes one {@link ApplicationContext} for each context of the application. */
export function createContextOf(
  latchkey: Latchkey,
  principalOf: PrincipalOf,
): (context: unknown) => ApplicationContext {
  const services = servicesOf(latchkey)
  const ofInstance = ownPrincipalOf(latchkey, principalOf)
  const made = new WeakMap<object, ApplicationContext>()
  return (context) => {
    if (typeof context !== 'object' || context === null) {
      throw new TypeError('The context of the request must be an object that has the principal.')
    }
    const known = made.get(context)
    if (known !== undefined) return known
    const fresh = new ApplicationContext(services, context, ofInstance)
    made.set(context, fresh)
    return fresh
  }
}

/** Returns the principal that `usePrincipal` put on the context. */
export const principalInContext: PrincipalOf = (context) =>
  (context as { principal?: Principal | null }).principal

/**
 * Returns a function like `principalOf` that throws a TypeError for a value that is neither `null` nor a
 * principal that this instance made.
 */
export function ownPrincipalOf(
  { authenticator }: Latchkey,
  principalOf: PrincipalOf,
): (context: object) => Principal | null {
  return (context) => {
    const principal = principalOf(context)
    if (principal === undefined) {
      throw new TypeError(
        'The context of the request has no principal. Add `usePrincipal` to the plugins, or write `principalOf`. An anonymous caller has the principal `null`.',
      )
    }
    if (principal === null || authenticator.hasMade(principal)) return principal
    throw new TypeError(
      'The principal in the context of the request is not one that the authenticator of `latchkey` made. A copy of a principal is not accepted, and a principal of another instance is not.',
    )
  }
}

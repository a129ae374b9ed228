import { RequestAdmission } from '../admission/request-admission.ts'
import { principalKeyOf } from '../principal.ts'

/** The keys that were asked for, by the admission of the request. */
const asked = new WeakMap<RequestAdmission, string | null>()

/**
 * Returns a text that is equal for principals that get the same answers: it contains the issuer, the subject and the
 * effective scopes. `null`: the request is anonymous. For the option `session` of a response cache.
 *
 * @param request the request, or the context of its operation
 * @throws TypeError if `usePrincipal` has not admitted the request
 */
export function principalKey(request: object): string | null {
  const admission = admissionOf(request) ?? admissionOf((request as { request?: unknown })?.request)
  if (admission === null) {
    throw new TypeError(
      '`principalKey` needs a request that `usePrincipal` has admitted, or the context of its operation.',
    )
  }
  const key = principalKeyOf(admission.principal)
  asked.set(admission, key)
  return key
}

/** Returns the key that was asked for; `undefined`: none was. */
export function askedKey(admission: RequestAdmission | undefined): string | null | undefined {
  return admission && asked.get(admission)
}

function admissionOf(request: unknown): RequestAdmission | null {
  if (typeof request !== 'object' || request === null) return null
  for (const symbol of Object.getOwnPropertySymbols(request)) {
    const value = (request as Record<symbol, unknown>)[symbol]
    if (value instanceof RequestAdmission && value.authentication !== null) return value
  }
  return null
}

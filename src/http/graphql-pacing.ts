import type { Pacing } from '../limits/pacing.ts'
import { senderOf } from '../net/client-address.ts'
import { type Answer, errorAnswer } from '../yoga/error-answer.ts'
import { requestError } from '../yoga/graphql-errors.ts'
import type { HttpRequest } from './endpoint.ts'
import type { RequestContext } from './request-context.ts'

/** Pacing of the operations of each client: the user, or the address of an anonymous caller. */
export class GraphQLPacing {
  readonly #pacing: Pacing

  constructor(pacing: Pacing) {
    this.#pacing = pacing
  }

  /** Charges the client of a request for work, in milliseconds. */
  readonly charge = (context: RequestContext, milliseconds: number): void => {
    this.#pacing.charge(clientOf(context), milliseconds, context.chargedMs)
    context.chargedMs += milliseconds
  }

  /** See {@link Pacing.before}. */
  before(context: RequestContext): ReturnType<Pacing['before']> {
    return this.#pacing.before(() => clientOf(context))
  }

  /** Starts `work` as soon as pacing allows the client of the request to. */
  run(
    request: HttpRequest,
    context: RequestContext,
    work: () => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    // Small requests of a user do not wait, so that the user's other clients can continue.
    if (isSmall(request) && context.admission.principal !== null) return work()
    const pause = this.before(context)
    if (pause === null) return work()
    return pause.then((error) =>
      error === null ? work() : errorAnswer(requestError(error), request.header('accept')),
    )
  }
}

function clientOf(context: RequestContext): string | null {
  const { principal } = context.admission
  // Subjects and issuers may contain spaces, but no line feed.
  if (principal !== null) return `${principal.issuer}\n${principal.subject}`
  const address = context.clientAddress()
  return address === null ? null : senderOf(address)
}

/** Returns whether a request is too small to cause a long turn. A body of unknown length is not small. */
function isSmall(request: HttpRequest): boolean {
  const length =
    request.method === 'GET'
      ? request.target.length
      : Number(request.header('content-length') ?? Number.NaN)
  return length < 300
}

import type { Refusal } from '../credentials/authenticator.ts'
import { ServiceUnavailableError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from './metrics.ts'
import { type RequestContext, refusalOf } from './request-context.ts'

export interface CompletionParts {
  readonly metrics: Pick<Metrics, 'countRequest'>
  /** Told of each credential that was refused. */
  readonly onRefusal: (refusal: Refusal, context: RequestContext) => void
  readonly log: Logger
}

export interface Completed {
  /** One of the server's own paths, or a word for all others. */
  readonly route: string
  /** As it was asked for; `null` where it makes no URL. */
  readonly path: string | null
  readonly method: string
  readonly status: number
  /** By `performance.now()`. */
  readonly started: number
}

/** What follows once there is an answer to a request: it is counted, and makes one line in the log. */
export type Completion = (completed: Completed, context: RequestContext) => void

export function createCompletion({ metrics, onRefusal, log }: CompletionParts): Completion {
  return ({ route, path, method, status, started }, context) => {
    const refusal = refusalOf(context)
    if (refusal !== null) onRefusal(refusal, context)
    metrics.countRequest(route, method, status)
    if (!log.isLevelEnabled('info')) return
    log.info(
      {
        requestId: context.requestId,
        method,
        path,
        clientAddress: context.clientAddress(),
        status,
        milliseconds: Math.round(performance.now() - started),
        ...whoAsked(context),
      },
      'request',
    )
  }
}

function whoAsked({ admission: { authentication } }: RequestContext): object {
  switch (authentication?.kind) {
    case 'authenticated': {
      const { issuer, subject, credential } = authentication.principal
      return { issuer, subject, credentialId: credential.id }
    }
    case 'refused': {
      const { reason, credentialId, error } = authentication.refusal
      const outage = error instanceof ServiceUnavailableError ? { outage: error.reason } : {}
      return { refused: reason, credentialId, ...outage }
    }
    default:
      return {}
  }
}

import type { RefusalRecorder } from '../audit/refusal-recorder.ts'
import { ServiceUnavailableError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { forwardAuthPath } from './forward-auth-settings.ts'
import type { RequestContext } from './request-context.ts'

export interface CompletionParts {
  readonly metrics: Pick<Metrics, 'countRequest'>
  readonly refusals: Pick<RefusalRecorder, 'record'>
  readonly log: Logger
}

export interface Completed {
  /** One of the server's own paths, or `other`. */
  readonly route: string
  /** The requested path; `null` where the request target is invalid. */
  readonly path: string | null
  readonly method: string
  readonly status: number
  /** Start of the request, in milliseconds of `performance.now()`. */
  readonly started: number
}

/**
 * Runs after a request is answered: counts it, records a refused credential in the audit trail, and writes
 * one line to the log.
 */
export type Completion = (completed: Completed, context: RequestContext) => void

export function createCompletion({ metrics, refusals, log }: CompletionParts): Completion {
  function recordRefusal(context: RequestContext): void {
    const { authentication } = context.admission
    if (authentication?.kind !== 'refused') return
    const { reason, credentialId } = authentication.refusal
    if (reason === 'unavailable') return
    const { requestId } = context
    refusals.record({ reason, credentialId, requestId, sourceAddress: context.clientAddress() })
  }

  return ({ route, path, method, status, started }, context) => {
    recordRefusal(context)
    metrics.countRequest(route, method, status)
    // The proxy's own log has the requests that it lets pass.
    if (route === forwardAuthPath && status === 200) return
    if (!log.isLevelEnabled('info')) return
    log.info(
      {
        requestId: context.requestId,
        method,
        path,
        clientAddress: context.clientAddress(),
        status,
        milliseconds: Math.round(performance.now() - started),
        ...callerFields(context),
      },
      'request',
    )
  }
}

function callerFields({ admission: { authentication } }: RequestContext): object {
  switch (authentication?.kind) {
    case 'authenticated': {
      const { issuer, subject, credential } = authentication.principal
      return { issuer, subject, credentialId: credential.id }
    }
    case 'refused': {
      const { reason, credentialId, error, jwt, owner } = authentication.refusal
      const outage = error instanceof ServiceUnavailableError ? { outage: error.reason } : {}
      return { refused: reason, credentialId, ...owner, ...(jwt && { jwt }), ...outage }
    }
    default:
      return {}
  }
}

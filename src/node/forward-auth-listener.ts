import type { Refusal } from '../credentials/authenticator.ts'
import type { ForwardAuth, ForwardAuthAnswer } from '../http/forward-auth.ts'
import { forwardAuthPath, isForwardAuthTarget } from '../http/forward-auth-settings.ts'
import type { Metrics } from '../http/metrics.ts'
import { createRequestContext, type RequestContext, refusalOf } from '../http/request-context.ts'
import type { Logger } from '../log.ts'
import type { TrustedProxies } from '../net/trusted-proxies.ts'
import { sendAtOnce } from './answer-batch.ts'
import { headerReader, type NodeListener } from './node-listener.ts'

export interface ForwardAuthListenerParts {
  readonly forwardAuth: ForwardAuth
  readonly metrics: Pick<Metrics, 'countRequest'>
  readonly trustedProxies: TrustedProxies
  /** Told of each credential that was refused. */
  readonly onRefusal: (refusal: Refusal, context: RequestContext) => void
  readonly log: Logger
}

/**
 * The endpoint on Node's own request and response. A proxy asks it for every request there is, and a
 * fetch Request and Response would cost more than the decision. It also sees the target as it was
 * sent: a URL parser would turn `/auth/verify/../graphql`, where the second half is a client's, into
 * another path of this server.
 */
export function createForwardAuthListener({
  forwardAuth,
  metrics,
  trustedProxies,
  onRefusal,
  log,
}: ForwardAuthListenerParts): NodeListener {
  return (request, response, sendBody = sendAtOnce) => {
    const target = request.url ?? ''
    if (!isForwardAuthTarget(target)) return false
    const header = headerReader(request)
    const peerAddress = request.socket.remoteAddress ?? null
    const context = createRequestContext(header, { peerAddress }, trustedProxies)
    const send = (answer: ForwardAuthAnswer) => {
      const refusal = refusalOf(context)
      if (refusal !== null) onRefusal(refusal, context)
      metrics.countRequest(forwardAuthPath, request.method ?? '', answer.status)
      logDecision(log, answer, context)
      response.writeHead(answer.status, [
        ...answer.lines,
        'x-request-id',
        context.requestId,
        'content-length',
        '0',
      ])
      sendBody(response, '', 'latin1')
    }
    const answer = forwardAuth({ target, isTargetRaw: true, header }, context)
    if (answer instanceof Promise) void answer.then(send)
    else send(answer)
    return true
  }
}

/** Until there is something to decide with: what is asked here must not end up as another path. */
export const refuseForwardAuth: NodeListener = (request, response) => {
  if (!isForwardAuthTarget(request.url ?? '')) return false
  response.writeHead(503, {
    'retry-after': '1',
    'cache-control': 'no-store',
    'content-length': '0',
  })
  response.end()
  return true
}

/** What passes is in the proxy's own log, with every other request. */
function logDecision(log: Logger, answer: ForwardAuthAnswer, context: RequestContext): void {
  if (answer.status === 200) return
  const { requestId, clientAddress } = context
  const refusal = refusalOf(context)
  log.info(
    {
      requestId,
      path: forwardAuthPath,
      status: answer.status,
      clientAddress: clientAddress(),
      ...(refusal && { refused: refusal.reason, credentialId: refusal.credentialId }),
    },
    'request',
  )
}

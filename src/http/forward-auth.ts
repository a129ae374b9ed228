import type { Admission } from '../admission/admission.ts'
import { httpFailure } from '../admission/http-failure.ts'
import { missingFor } from '../decision/decide.ts'
import { InsufficientScopeError, type LatchkeyError, UnauthenticatedError } from '../errors.ts'
import { authMethod, scopeText } from '../identity/claims.ts'
import { identityHeaderNames } from '../identity/header-names.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { Logger } from '../log.ts'
import type { Principal } from '../principal.ts'
import { holdsAll } from '../scopes.ts'
import type { Answer } from '../yoga/error-answer.ts'
import type { DirectEndpoint } from './endpoint.ts'
import {
  ForwardAuthFault,
  type ForwardAuthSettings,
  forwardAuthPath,
  isForwardAuthTarget,
  readForwardAuthSettings,
  readResolvedSettings,
} from './forward-auth-settings.ts'
import { HeaderCarrier } from './header-carrier.ts'
import type { RequestContext } from './request-context.ts'

/** What was told of a principal last. */
interface CachedAnswer {
  /** Those it met last. */
  settings: ForwardAuthSettings
  readonly token: string
  readonly answer: Answer
}

export interface ForwardAuthParts {
  readonly admission: Admission<RequestContext>
  /** `null`: `X-Identity` stays empty. */
  readonly identity: IdentityIssuer | null
  /** The headers that credentials come in, in lower case. */
  readonly credentialHeaders: readonly string[]
  /** How long a proxy may keep a 200, in seconds. 0: not at all. */
  readonly maxAgeSeconds: number
  readonly log: Logger
}

/**
 * Divides the bound on honouring a revocation between a node and a proxy that keeps its answers, for
 * the two add up at worst. Caches count in whole seconds and keep an answer for nearly one more than
 * they were told, so that one is left to them; where what remains is no whole second, the node has it
 * all.
 *
 * @returns how long a node may honour what it read before, in milliseconds, and how long a proxy may
 *   keep an answer, in seconds; 0: not at all
 */
export function divideStaleness(maxStalenessMs: number) {
  const proxySeconds = Math.max(0, Math.floor(maxStalenessMs / 2000) - 1)
  const nodeMs = proxySeconds === 0 ? maxStalenessMs : maxStalenessMs - (proxySeconds + 1) * 1000
  return { nodeMs, proxySeconds }
}

/** Every one of them is in each 200, so that none of a client's own is left to stand. */
const emptyIdentityHeaders = Object.fromEntries(identityHeaderNames.map((name) => [name, '']))

/**
 * Decides for a proxy: 200 with who is asking, else 401, 403, or 5xx, without. At once where the
 * credential is remembered. Looks at neither method nor body.
 */
export function createForwardAuth(parts: ForwardAuthParts): DirectEndpoint {
  const { admission, identity, maxAgeSeconds, log } = parts
  const { authenticator } = admission
  const vary = ['authorization', ...parts.credentialHeaders].join(', ')
  const cacheableHeaders = { vary, 'cache-control': cacheControl(maxAgeSeconds) }
  const uncacheableHeaders = { vary, 'cache-control': 'no-store' }
  const anonymous = emptyAnswer(200, { ...emptyIdentityHeaders, ...cacheableHeaders })
  /** Most are asked about in the same way again and again. */
  const cachedAnswers = new WeakMap<Principal, CachedAnswer>()

  function decide(
    refusal: LatchkeyError | null,
    settings: ForwardAuthSettings,
    { admission: { principal } }: RequestContext,
  ): Answer | Promise<Answer> {
    if (refusal !== null) return refuse(refusal)
    if (principal === null)
      return settings.optional ? anonymous : refuse(new UnauthenticatedError())
    const cached = cachedAnswers.get(principal)
    if (cached?.settings !== settings && !holdsAll(settings.scopes, principal.scopes)) {
      return refuse(new InsufficientScopeError(missingFor([settings.scopes], principal)))
    }
    authenticator.recordScopes?.(principal, settings.scopes)
    const token = identity?.tokenFor(principal, settings.audience) ?? ''
    return typeof token === 'string'
      ? allow(principal, settings, token, cached)
      : token.then((signed) => allow(principal, settings, signed))
  }

  function allow(
    principal: Principal,
    settings: ForwardAuthSettings,
    token: string,
    cached = cachedAnswers.get(principal),
  ): Answer {
    if (cached?.token === token) {
      cached.settings = settings
      return cached.answer
    }
    const headers = { ...identityHeaders(principal, token), ...cacheableHeaders }
    const answer = emptyAnswer(200, headers)
    cachedAnswers.set(principal, { settings, token, answer })
    return answer
  }

  function refuse(error: LatchkeyError): Answer {
    const { status, headers } = httpFailure(error)
    // nginx answers 500 for whatever is neither 2xx, 401 nor 403.
    return status === 400 || status === 429
      ? emptyAnswer(401, { 'www-authenticate': bareChallenge, ...headers, ...uncacheableHeaders })
      : emptyAnswer(status, { ...headers, ...uncacheableHeaders })
  }

  return {
    route: forwardAuthPath,
    isForBrowsers: false,
    takes: ({ target }) => isForwardAuthTarget(target),

    answer(request, context) {
      const { target, isTargetRaw } = request
      const settings = isTargetRaw ? readForwardAuthSettings(target) : readResolvedSettings(target)
      const refused = admission.admit(context.admission, new HeaderCarrier(request), context)
      return refused instanceof Promise
        ? refused.then((refusal) => decide(refusal, settings, context))
        : decide(refused, settings, context)
    },

    failed(error, _request, { requestId }) {
      if (error instanceof ForwardAuthFault) {
        log.error({ requestId, fault: error.message }, 'a proxy asks /auth/verify wrongly')
      } else {
        log.error({ err: error, requestId }, 'a request failed')
      }
      return emptyAnswer(500, uncacheableHeaders)
    },
  }
}

function emptyAnswer(status: number, headers: Answer['headers']): Answer {
  return { status, headers, body: '' }
}

const bareChallenge = httpFailure(new UnauthenticatedError()).headers['www-authenticate'] ?? ''

/** `must-revalidate` lets a shared cache keep what came for a credential (RFC 9111 §3.5). */
function cacheControl(maxAgeSeconds: number): string {
  return maxAgeSeconds === 0 ? 'no-store' : `max-age=${maxAgeSeconds}, must-revalidate`
}

function identityHeaders(principal: Principal, token: string): Readonly<Record<string, string>> {
  const headers = {
    'x-user-id': principal.subject,
    'x-user-issuer': principal.issuer,
    'x-auth-scopes': scopeText(principal),
    'x-auth-method': authMethod(principal),
    'x-auth-credential-id': principal.credential.id ?? '',
    'x-identity': token,
  }
  for (const [name, value] of Object.entries(headers)) {
    // Names are checked when they are made, but someone may have written others by hand.
    if (!visibleAscii.test(value)) throw new Error(`${name} cannot be told in a header`)
  }
  return headers
}

const visibleAscii = /^[\x20-\x7E]*$/

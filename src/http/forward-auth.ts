import type { Admission } from '../admission/admission.ts'
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

/** The last answer for a principal. */
interface CachedAnswer {
  /** The settings that the principal met last. */
  settings: ForwardAuthSettings
  readonly token: string
  readonly answer: Answer
}

export interface ForwardAuthParts {
  readonly admission: Admission<RequestContext>
  /** Issues identity tokens; `null`: `X-Identity` stays empty. */
  readonly identity: IdentityIssuer | null
  /** Headers that carry credentials beside `Authorization`, in lower case. */
  readonly credentialHeaders: readonly string[]
  /** The time that a proxy may cache a 200, in seconds. 0: it may not cache it. */
  readonly maxAgeSeconds: number
  readonly log: Logger
}

/**
 * Divides the staleness bound between a node and a proxy that caches its answers: in the worst case the
 * two times add up. HTTP caches count whole seconds and may keep an answer for almost one second longer
 * than `max-age`, so one second is reserved for that. If less than one second is left for the proxy, the
 * node gets the whole bound.
 *
 * @returns `nodeMs`: the time that a node may use a cached entry, in milliseconds; `proxySeconds`: the
 *   time that a proxy may cache an answer, in seconds; 0: it may not
 */
export function divideStaleness(maxStalenessMs: number) {
  const proxySeconds = Math.max(0, Math.floor(maxStalenessMs / 2000) - 1)
  const nodeMs = proxySeconds === 0 ? maxStalenessMs : maxStalenessMs - (proxySeconds + 1) * 1000
  return { nodeMs, proxySeconds }
}

/** Each 200 sets every identity header, so that the proxy overwrites any that the client sent. */
const emptyIdentityHeaders = Object.fromEntries(identityHeaderNames.map((name) => [name, '']))

/**
 * Decides about a request for a proxy: 200 with identity headers, or 401, 403 or 5xx without them. The
 * answer is synchronous if the credential is in the cache. Method and body are ignored.
 */
export function createForwardAuth(parts: ForwardAuthParts): DirectEndpoint {
  const { admission, identity, maxAgeSeconds, log } = parts
  const { authenticator } = admission
  const vary = ['authorization', ...parts.credentialHeaders].join(', ')
  const cacheableHeaders = { vary, 'cache-control': cacheControl(maxAgeSeconds) }
  const uncacheableHeaders = { vary, 'cache-control': 'no-store' }
  const anonymous = emptyAnswer(200, { ...emptyIdentityHeaders, ...cacheableHeaders })
  /** A proxy usually asks about a principal with the same settings each time. */
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

  function refuse({ status, headers }: LatchkeyError): Answer {
    // nginx turns every status except 2xx, 401 and 403 into 500.
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
      // The proxy wrote the query: a credential in it would not be the client's.
      const refused = admission.admit(context.admission, new HeaderCarrier(request), context)
      return refused instanceof Promise
        ? refused.then((refusal) => decide(refusal, settings, context))
        : decide(refused, settings, context)
    },

    failed(error, _request, { requestId }) {
      if (error instanceof ForwardAuthFault) {
        log.error(
          { requestId, fault: error.message },
          'a proxy sent an invalid request to /auth/verify; correct its configuration',
        )
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

const bareChallenge = new UnauthenticatedError().headers['www-authenticate'] ?? ''

/** `must-revalidate` lets a shared cache store the answer to a request with `Authorization` (RFC 9111 §3.5). */
function cacheControl(maxAgeSeconds: number): string {
  return maxAgeSeconds === 0 ? 'no-store' : `max-age=${maxAgeSeconds}, must-revalidate`
}

function identityHeaders(principal: Principal, token: string): Readonly<Record<string, string>> {
  const headers = {
    'x-user-id': headerText(principal.subject),
    'x-user-issuer': principal.issuer,
    'x-auth-scopes': scopeText(principal),
    'x-auth-method': authMethod(principal),
    'x-auth-credential-id': principal.credential.id ?? '',
    'x-identity': token,
  }
  for (const [name, value] of Object.entries(headers)) {
    // Subjects are checked when they are stored, but an operator may have written others with SQL.
    if (!visibleAscii.test(value))
      throw new Error(`The value of ${name} has a character that a header cannot carry.`)
  }
  return headers
}

const visibleAscii = /^[\x20-\x7E]*$/

/** Percent-encodes `%` and every character outside visible ASCII, as UTF-8 (RFC 3986 §2.1). */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x24\x26-\x7E]+/g, encodeURIComponent)
}

import type { Admission } from '../admission/admission.ts'
import { missingFor } from '../decision/decide.ts'
import { InsufficientScopeError, type LatchkeyError, UnauthenticatedError } from '../errors.ts'
import { scopeText } from '../identity/claims.ts'
import type { IdentityIssuer } from '../identity/issuer.ts'
import type { Principal } from '../principal.ts'
import { acceptsByName } from './accepts.ts'
import { fetchRequest } from './fetch-request.ts'
import { HeaderCarrier } from './header-carrier.ts'
import { problem } from './problem.ts'
import type { RequestContext } from './request-context.ts'
import { readTextBody } from './text-body.ts'
import { readTokenClaims } from './token-claims.ts'

export const introspectionPath = '/oauth2/introspect'

/** The media type of a signed answer and the `typ` of the JWT in it (RFC 9701 §4, §5). */
const jwtType = 'token-introspection+jwt'
const requiredScope = 'introspect:tokens'
/** The maximum size of a body, in bytes: more than the longest accepted token, percent-encoded. */
const maxBodySize = 32_768

export interface IntrospectionParts {
  readonly admission: Admission<RequestContext>
  /** Signs the answers to callers that request a JWT; `null`: no answer can be signed. */
  readonly identity: IdentityIssuer | null
  /** The `iss` of a signed answer. */
  readonly issuer: string
  /** Returns the time when a key was created; `null` if there is no key with that id. */
  readonly keyCreatedAt: (id: string) => Promise<Date | null>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export type Introspection = (request: Request, context: RequestContext) => Promise<Response>

/** The answer for a token that is not valid, whatever the reason. */
const inactive = { active: false } as const

/**
 * Answers whether a credential is valid and what it carries (RFC 7662), for services that do not have a
 * proxy in front of them. An API key counts as used, because the caller received it in a request.
 */
export function createIntrospection(parts: IntrospectionParts): Introspection {
  const { admission } = parts

  /** Returns the caller, or the refusal if it may not introspect. */
  function permittedCaller({
    admission: { refusal, principal },
  }: RequestContext): Principal | Response {
    if (refusal !== null) return refusal.toResponse()
    if (principal === null) return new UnauthenticatedError().toResponse()
    if (!principal.scopes.has(requiredScope)) {
      return new InsufficientScopeError(missingFor([[requiredScope]], principal)).toResponse()
    }
    admission.authenticator.recordScopes?.(principal, [requiredScope])
    return principal
  }

  return async (shown, context) => {
    if (shown.method !== 'POST') {
      return problem(405, { detail: 'Use POST.', headers: { allow: 'POST' } })
    }
    const request = fetchRequest(shown, context)
    await admission.admit(context.admission, new HeaderCarrier(request), context)
    const admitted = permittedCaller(context)
    if (admitted instanceof Response) return admitted
    const form = await readTextBody(request, 'application/x-www-form-urlencoded', maxBodySize)
    if (form instanceof Response) return form
    await admission.readmit(context.admission)
    const caller = permittedCaller(context)
    if (caller instanceof Response) return caller
    const tokens = new URLSearchParams(form).getAll('token')
    const [token] = tokens
    if (token === undefined || tokens.length > 1) {
      return problem(400, { detail: 'Send one parameter `token`.' })
    }
    const result = await introspect(parts, token)
    if (result instanceof Error) return result.toResponse()
    return acceptsByName(request.header('accept'), `application/${jwtType}`)
      ? await signedAnswer(parts, result, caller)
      : uncacheable(JSON.stringify(result), 'application/json')
  }
}

async function introspect(
  parts: IntrospectionParts,
  token: string,
): Promise<object | LatchkeyError> {
  const authentication = await parts.admission.authenticator.authenticate(
    new HeaderCarrier({ header: (name) => (name === 'authorization' ? `Bearer ${token}` : null) }),
  )
  if (authentication.kind === 'authenticated') {
    return await describe(parts, authentication.principal, token)
  }
  // During an outage it is not known whether the token is valid.
  const unavailable =
    authentication.kind === 'refused' && authentication.refusal.reason === 'unavailable'
  return unavailable ? authentication.refusal.error : inactive
}

/** Describes a valid token (RFC 7662 §2.2). Times are in seconds since the epoch. */
async function describe(
  { keyCreatedAt }: IntrospectionParts,
  principal: Principal,
  token: string,
): Promise<object> {
  const { kind, id, expiresAt } = principal.credential
  const own =
    kind === 'JWT'
      ? readTokenClaims(token)
      : { ...(id !== null && { client_id: id, ...issuedAt(await keyCreatedAt(id)) }) }
  return {
    active: true,
    scope: scopeText(principal),
    username: principal.subject,
    token_type: 'Bearer',
    iss: principal.issuer,
    sub: principal.subject,
    ...(expiresAt !== null && { exp: seconds(expiresAt) }),
    ...own,
  }
}

async function signedAnswer(
  { identity, issuer, now }: IntrospectionParts,
  claims: object,
  caller: Principal,
): Promise<Response> {
  if (identity === null) {
    return problem(406, {
      detail: 'This server has no keys to sign an answer with. Accept application/json.',
    })
  }
  // RFC 9701 §5: without `sub` and `exp`, so that no service accepts the answer as a token of the user.
  const body = await identity.sign(jwtType, {
    iss: issuer,
    aud: caller.subject,
    iat: Math.floor(now() / 1000),
    token_introspection: claims,
  })
  return uncacheable(body, `application/${jwtType}`)
}

function issuedAt(createdAt: Date | null): { iat?: number } {
  return createdAt === null ? {} : { iat: seconds(createdAt) }
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function uncacheable(body: string, type: string): Response {
  return new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } })
}

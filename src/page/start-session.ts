import type { Authenticator } from '../credentials/authenticator.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { PageSessions, StartedSession } from './page-sessions.ts'
import { SessionCarrier } from './session-authenticator.ts'
import type { IssuedTokens } from './session-renewal.ts'
import type { Visitor } from './sign-in.ts'

export interface SignedIn extends StartedSession {
  readonly ok: true
  readonly principal: Principal
}

export interface RefusedSignIn {
  readonly ok: false
  /** The reason for the log. */
  readonly reason: string
  readonly error: LatchkeyError | null
}

export type StartSession = (
  tokens: IssuedTokens,
  request: Request,
  visitor: Visitor,
  replaced?: string | null,
) => Promise<SignedIn | RefusedSignIn>

/**
 * Returns a function that starts a session if the JWT of the tokens is accepted as a credential. The session
 * that the browser had before ends, as does the one of `replaced`, a hash from `PageSessions.presented`.
 *
 * @param authenticator verifies the JWT as for any other request
 */
export function createStartSession(
  authenticator: Pick<Authenticator, 'authenticate'>,
  sessions: PageSessions,
): StartSession {
  return async (tokens, request, visitor, replaced = null) => {
    const found = await authenticator.authenticate(new SessionCarrier({ tokens }))
    if (found.kind === 'anonymous') return { ok: false, reason: 'no token', error: null }
    if (found.kind === 'refused') {
      const { reason, error } = found.refusal
      return { ok: false, reason, error }
    }
    const { principal } = found
    for (const hash of new Set([sessions.presented(request.headers.get('cookie')), replaced])) {
      const earlier = await sessions.findAnywhere(hash)
      if (earlier !== null) await sessions.end(earlier.id)
    }
    const started = await sessions.start(principal, tokens, {
      address: visitor.clientAddress(),
      userAgent: request.headers.get('user-agent'),
    })
    if (typeof started === 'string') return { ok: false, reason: started, error: null }
    return { ok: true, principal, ...started }
  }
}

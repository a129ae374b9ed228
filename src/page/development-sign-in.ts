import { BadUserInputError } from '../errors.ts'
import { problem } from '../http/problem.ts'
import { isLoopbackRequest } from '../net/loopback.ts'
import { requiredSubject } from '../users/rules.ts'
import { personal } from './json-request.ts'
import type { PageSessions } from './page-sessions.ts'
import type { SessionsApiParts } from './sessions-api.ts'
import type { SignIn, Visitor } from './sign-in.ts'
import { createStartSession, type RefusedSignIn } from './start-session.ts'

export interface DevelopmentSignInParts
  extends Pick<SessionsApiParts, 'authenticator' | 'findUsers'> {
  readonly sessions: PageSessions
  /** The sample users. */
  readonly subjects: readonly string[]
  /** Makes a JWT of the development issuer for a subject. */
  readonly mint: (subject: string) => Promise<{ readonly token: string; readonly expiresAt: Date }>
}

/** Signs in anyone as anyone, on this machine alone. */
export function createDevelopmentSignIn(parts: DevelopmentSignInParts): SignIn {
  const { authenticator, sessions, subjects, mint, findUsers } = parts
  const startSession = createStartSession(authenticator, sessions)

  return {
    configuration: { kind: 'development', subjects },
    signOut: async () => ({ location: null }),

    async accept(body, request, visitor: Visitor) {
      const { peerAddress } = visitor
      if (!isLoopbackRequest({ peerAddress, host: request.headers.get('host') })) {
        return problem(403, { detail: 'The development sign-in answers this machine only.' })
      }
      if (typeof body.subject !== 'string') {
        throw new BadUserInputError('subject', '`subject` must be a string.')
      }
      const subject = requiredSubject('subject', body.subject)
      const { token, expiresAt } = await mint(subject)
      const tokens = { token, expiresAt, refreshToken: null, idToken: null }
      const started = await startSession(tokens, request, visitor)
      if (!started.ok) return refusedSignIn(started)
      const { id, expiresAt: ends, cookie, principal } = started
      const [user] = await findUsers([principal.userId])
      const { issuer } = principal
      const profile = { name: user?.name ?? null, email: user?.email ?? null }
      const session = { id, issuer, subject, ...profile, expiresAt: ends }
      return personal({ session }, { 'set-cookie': cookie })
    },
  }
}

/** No session has ended here, so the status is 403 where a credential would be refused with 401. */
function refusedSignIn({ reason, error }: RefusedSignIn): Response {
  if (error !== null && error.status >= 500) {
    return problem(error.status, { detail: error.message, headers: error.headers })
  }
  const isStopped = reason === 'owner-deleted' || reason === 'owner-suspended'
  return isStopped
    ? problem(403, {
        detail: 'This user was deleted or suspended. Sign in as another one.',
        code: 'USER_STOPPED',
      })
    : problem(403, { detail: 'The server refused this sign-in. Try again.', code: 'REFUSED' })
}

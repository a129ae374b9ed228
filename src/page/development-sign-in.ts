import { BadUserInputError } from '../errors.ts'
import { problem } from '../http/problem.ts'
import { isLoopbackRequest } from '../net/loopback.ts'
import { requiredSubject } from '../users/rules.ts'
import { personal } from './json-request.ts'
import type { PageSessions } from './page-sessions.ts'
import type { SessionsApiParts } from './sessions-api.ts'
import type { SignIn, Visitor } from './sign-in.ts'
import { createStartSession } from './start-session.ts'

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
      if (!started.ok) {
        const status = started.error?.status ?? 401
        return problem(status, { detail: 'This user may not sign in.' })
      }
      const { id, expiresAt: ends, cookie, principal } = started
      const [user] = await findUsers([principal.userId])
      const { issuer } = principal
      const profile = { name: user?.name ?? null, email: user?.email ?? null }
      const session = { id, issuer, subject, ...profile, expiresAt: ends }
      return personal({ session }, { 'set-cookie': cookie })
    },
  }
}

import type { Authenticator } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { BadUserInputError } from '../errors.ts'
import { problem } from '../http/problem.ts'
import type { Principal } from '../principal.ts'
import type { SessionRow } from '../sessions/session.ts'
import type { User } from '../users/user.ts'
import { personal } from './json-request.ts'
import type { FoundSession, PageSessions } from './page-sessions.ts'
import { SessionCarrier } from './session-authenticator.ts'
import type { SignIn } from './sign-in.ts'

/** The session of the page's scripts, in JSON. */
export interface SessionsApi {
  /** Returns who is signed in. */
  current(carrier: CredentialCarrier): Promise<Response>
  list(carrier: CredentialCarrier): Promise<Response>
  /** Ends one session of the person who is signed in. */
  end(carrier: CredentialCarrier, body: Readonly<Record<string, unknown>>): Promise<Response>
  signOut(carrier: CredentialCarrier): Promise<Response>
}

export interface SessionsApiParts {
  /** `null`: the application has the sessions. */
  readonly sessions: PageSessions | null
  readonly authenticator: Pick<Authenticator, 'authenticate'>
  readonly findUsers: (ids: readonly string[]) => Promise<readonly (User | null)[]>
  readonly signIn: Pick<SignIn, 'signOut' | 'revoke'>
}

interface Person {
  readonly principal: Principal
  /** `null`: the application has the session. */
  readonly session: FoundSession | null
}

export function createSessionsApi(parts: SessionsApiParts): SessionsApi {
  const { sessions, authenticator, findUsers, signIn } = parts

  /** @throws LatchkeyError if it cannot be decided now */
  async function find(carrier: CredentialCarrier): Promise<Person | null> {
    const session = sessions === null ? null : await sessions.find(carrier)
    if (sessions !== null && session === null) return null
    const own = session === null ? carrier : new SessionCarrier(session)
    const found = await authenticator.authenticate(own)
    if (found.kind === 'authenticated') return { principal: found.principal, session }
    if (found.kind === 'refused' && found.refusal.reason === 'unavailable')
      throw found.refusal.error
    return null
  }

  const ofPage = async (carrier: CredentialCarrier) => {
    const person = await find(carrier)
    return person?.session == null ? null : { ...person, session: person.session }
  }

  return {
    async current(carrier) {
      const person = await find(carrier)
      return personal({ session: person && (await describePerson(person, findUsers)) })
    },

    async list(carrier) {
      if (sessions === null) return personal({ sessions: [] })
      const person = await ofPage(carrier)
      if (person === null) return notSignedIn()
      const rows = await sessions.list(person.principal.userId)
      return personal({ sessions: rows.map((row) => describeRow(row, person.session.id)) })
    },

    async end(carrier, { id }) {
      if (typeof id !== 'string') throw new BadUserInputError('id', '`id` must be a string.')
      const person = await ofPage(carrier)
      if (person === null) return notSignedIn()
      const tokens = await sessions?.end(id, person.principal.userId)
      if (tokens) await signIn.revoke?.(tokens)
      return personal({})
    },

    async signOut(carrier) {
      // Nothing is renewed: the session also ends while the issuer does not answer.
      const presented = sessions?.presented(carrier.header('cookie')) ?? null
      const session = (await sessions?.findAnywhere(presented)) ?? null
      const tokens = session === null ? null : await sessions?.end(session.id)
      const { location, cookie } = await signIn.signOut(tokens ?? null)
      const response = personal({ location })
      if (sessions !== null) response.headers.append('set-cookie', sessions.forget())
      if (cookie !== undefined) response.headers.append('set-cookie', cookie)
      return response
    },
  }
}

function notSignedIn(): Response {
  return problem(401, { detail: 'Nobody is signed in, or the session has ended.' })
}

async function describePerson(
  { principal, session }: Person,
  findUsers: SessionsApiParts['findUsers'],
): Promise<object> {
  const { issuer, subject, userId, credential } = principal
  const [user] = await findUsers([userId])
  return {
    id: session?.id ?? null,
    issuer,
    subject,
    name: user?.name ?? null,
    email: user?.email ?? null,
    expiresAt: session?.expiresAt ?? credential.expiresAt,
  }
}

function describeRow({ id, ...row }: SessionRow, current: string): object {
  const { createdAt, lastUsedAt, address, userAgent, expiresAt } = row
  return { id, current: id === current, createdAt, lastUsedAt, address, userAgent, expiresAt }
}

import { urlOf } from '../configuration.ts'
import { type Failure, failureOfResponse } from '../graphql/failure.ts'
import { shownSession } from './shown.ts'

export interface Session {
  /** Null if the session is that of the application around the page. */
  readonly id: string | null
  readonly issuer: string
  readonly subject: string
  readonly name: string | null
  readonly email: string | null
  readonly expiresAt: string | null
}

export type Answer<T> =
  | { readonly data: T; readonly failure: null }
  | { readonly data: null; readonly failure: Failure }

/** Sends JSON to an endpoint of the page. @param session headers that name the session that the page shows */
export async function post<T>(
  path: string,
  body: object = {},
  session: Readonly<Record<string, string>> = shownSession(),
): Promise<Answer<T>> {
  const response = await fetch(urlOf(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...session },
    body: JSON.stringify(body),
    credentials: 'same-origin',
    cache: 'no-store',
  }).catch(() => null)
  if (response?.ok !== true) return { data: null, failure: await failureOfResponse(response) }
  return { data: await response.json(), failure: null }
}

/** Reads the session that the browser has now. */
export const readSession = () => post<{ session: Session | null }>('session', {}, {})

export const signInForDevelopment = (subject: string) =>
  post<{ session: Session }>('sign-in', { subject }, {})

export const signOut = () => post<{ location: string | null }>('sign-out')

export interface ListedSession {
  readonly id: string
  /** Whether it is the session that asks. */
  readonly current: boolean
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly address: string | null
  readonly userAgent: string | null
  readonly expiresAt: string
}

/** Returns the sessions of the person. */
export const readSessions = () => post<{ sessions: readonly ListedSession[] }>('sessions')

export const endSession = (id: string) => post<object>('sessions/end', { id })

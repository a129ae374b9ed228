import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { FailureLimiter } from '../admission/failure-limiter.ts'
import { isFromOrigin } from '../credentials/own-pages.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { presentedTokenOf } from '../credentials/presented-token.ts'
import { InvalidCredentialError, RateLimitedError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type CookieNames, readCookie, setCookie } from '../sessions/cookies.ts'
import {
  absoluteLimitMs,
  liveAt,
  maxSessionsPerUser,
  type SessionRow,
  type SessionTokens,
  type StoredSession,
  touchAfterMs,
} from '../sessions/session.ts'
import {
  createSessionSecret,
  hashSessionSecret,
  isSessionSecret,
} from '../sessions/session-secret.ts'
import type { RefusedSession } from '../sessions/store.ts'
import {
  createSessionRenewal,
  type IssuedTokens,
  type SessionRenewalOptions,
  unseal,
} from './session-renewal.ts'

export interface FoundSession extends SessionRow {
  readonly tokens: SessionTokens
}

/** The client of a sign-in, as the list of sessions shows it. */
export interface SignInOrigin {
  readonly address: string | null
  readonly userAgent: string | null
}

export interface StartedSession extends Pick<SessionRow, 'id' | 'expiresAt'> {
  /** The value of `Set-Cookie`. */
  readonly cookie: string
}

/** The sessions of a page: rows in the database, each behind a cookie. */
export interface PageSessions {
  readonly cookies: CookieNames
  /** Whether a request may have a session. Otherwise, no session is looked up for it. */
  mayHave(carrier: CredentialCarrier): boolean
  /**
   * Finds the session of a request that comes from a page of this origin.
   *
   * @throws ServiceUnavailableError; RateLimitedError if too many cookies of the sender stand for no session
   */
  find(carrier: CredentialCarrier): Promise<FoundSession | null>
  /** Returns the hash of the secret in a cookie, without a lookup. `null`: no cookie has the form of a secret. */
  presented(cookieHeader: string | null): string | null
  /**
   * Finds the session of a hash from `presented`, whatever page the request comes from: to end it, for nothing
   * else.
   */
  findAnywhere(presented: string | null): Promise<SessionRow | null>
  /** @returns the reason if the user was suspended, deleted or signed out since the JWT was verified */
  start(
    principal: Principal,
    tokens: IssuedTokens,
    from: SignInOrigin,
  ): Promise<StartedSession | RefusedSession>
  list(userId: string): Promise<readonly SessionRow[]>
  /** Ends a session; with `userId` only if it is that user's. Returns its tokens; `null`: there was none. */
  end(id: string, userId?: string): Promise<SessionTokens | null>
  /** Returns the value of `Set-Cookie` that removes the cookie. */
  forget(): string
}

export interface PageSessionsOptions extends SessionRenewalOptions {
  readonly cookies: CookieNames
  /** The origin of the page. */
  readonly origin: string
  /** Counts the cookies of each sender that stand for no session, with other refused credentials. */
  readonly failures: FailureLimiter
}

/** The header in which a page names the session that it shows. See {@link PageSessions.find}. */
export const shownSessionHeader = 'x-latchkey-session'

/** The number of cookies without a session that are kept, and the time. Milliseconds. */
const maxUnknownCookies = 10_000
const unknownMs = 60_000

/** Finds sessions by the cookie of a request. */
function createSessionLookup({
  store,
  cookies,
  now,
}: Pick<PageSessionsOptions, 'store' | 'cookies' | 'now'>) {
  /** The hashes of cookies without a session. A session that has ended never comes back. */
  const unknown = new LRUCache<string, true>({ max: maxUnknownCookies, ttl: unknownMs })

  function presented(cookieHeader: string | null): string | null {
    const secret = readCookie(cookieHeader, cookies.session)
    if (secret === null || !isSessionSecret(secret)) return null
    return Buffer.from(hashSessionSecret(secret)).toString('base64url')
  }

  /** @param onUnknown called when the hash is first found to stand for no session */
  async function lookUp(hash: string | null, onUnknown = () => {}): Promise<StoredSession | null> {
    if (hash === null || unknown.has(hash)) return null
    const session = await store.find(Buffer.from(hash, 'base64url'), liveAt(now()))
    if (session === null) {
      unknown.set(hash, true)
      onUnknown()
    }
    return session
  }

  return { presented, lookUp }
}

export function createPageSessions(options: PageSessionsOptions): PageSessions {
  const { store, sealer, cookies, origin, failures, onError, now } = options
  const renewal = createSessionRenewal(options)
  const { presented, lookUp } = createSessionLookup(options)

  /** A browser whose session has ended counts once, however often it sends the cookie. */
  function countFailure(carrier: CredentialCarrier): void {
    const address = carrier.clientAddress?.() ?? null
    const error = failures.errorFor(new InvalidCredentialError(), address)
    if (error instanceof RateLimitedError) throw error
  }

  function touch({ id, lastUsedAt }: SessionRow): void {
    const at = now()
    if (at - lastUsedAt.getTime() < touchAfterMs) return
    store
      .touch(id, new Date(at))
      .catch((error: unknown) => onError(error, 'the use of a session could not be written'))
  }

  return {
    cookies,

    mayHave: (carrier) =>
      isFromOrigin(carrier, origin) && carrier.header('cookie')?.includes(cookies.session) === true,

    async find(carrier) {
      if (!isFromOrigin(carrier, origin)) return null
      const cookieHeader = carrier.header('cookie')
      const session = await lookUp(presented(cookieHeader), () => countFailure(carrier))
      if (session === null) return null
      // Another tab may have signed in as another user since the page was loaded.
      const shown = carrier.header(shownSessionHeader)
      if (shown !== null && shown !== session.id) return null
      touch(session)
      const tokens = await renewal.current(session, () => lookUp(presented(cookieHeader)))
      return tokens === null ? null : { ...session, tokens }
    },

    presented,
    findAnywhere: (hash) => lookUp(hash),

    async start(principal, { expiresAt: tokenExpiresAt, ...tokens }, { address, userAgent }) {
      const id = randomUUID()
      const secret = createSessionSecret()
      const createdAt = new Date(now())
      const limit = new Date(now() + absoluteLimitMs)
      const expiresAt =
        tokens.refreshToken === null && tokenExpiresAt < limit ? tokenExpiresAt : limit
      const refused = await store.insert(
        {
          id,
          secretHash: hashSessionSecret(secret),
          userId: principal.userId,
          tokens: await sealer.seal('session', id, tokens),
          tokenExpiresAt,
          createdAt,
          expiresAt,
          address,
          userAgent: userAgent === null ? null : shortened(userAgent),
        },
        presentedTokenOf(principal),
        maxSessionsPerUser,
      )
      if (refused !== null) return refused
      const maxAgeSeconds = Math.max(0, Math.floor((expiresAt.getTime() - now()) / 1000))
      const cookie = setCookie(cookies.session, secret, { sameSite: 'Strict', maxAgeSeconds })
      return { id, expiresAt, cookie }
    },

    list: (userId) => store.list(userId, liveAt(now())),

    async end(id, userId) {
      const ended = await store.end(id, userId)
      return ended === null ? null : await unseal(sealer, ended)
    },

    forget: () => setCookie(cookies.session, '', { sameSite: 'Strict', maxAgeSeconds: 0 }),
  }
}

/** Returns the name of a program without control characters, so that a list may show it. */
function shortened(userAgent: string): string {
  return [...userAgent.replace(/\p{C}/gu, ' ')].slice(0, 256).join('')
}

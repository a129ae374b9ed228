import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { FailureLimiter } from '../admission/failure-limiter.ts'
import { isFromOrigin } from '../credentials/own-pages.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { presentedTokenOf } from '../credentials/presented-token.ts'
import { InvalidCredentialError, RateLimitedError, ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type CookieNames, readCookie, setCookie } from '../sessions/cookies.ts'
import type { Sealer } from '../sessions/sealer.ts'
import {
  absoluteLimitMs,
  liveAt,
  maxSessionsPerUser,
  renewBeforeMs,
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
import type { RefusedSession, SessionStore } from '../sessions/store.ts'

/** Tokens of the issuer with the `exp` of the one that the session stands for. */
export interface IssuedTokens extends SessionTokens {
  readonly expiresAt: Date
}

/** The tokens could not be renewed, and never can be: the issuer has ended the session. */
export class SessionOverError extends Error {
  override readonly name = 'SessionOverError'
}

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

export interface PageSessionsOptions {
  readonly store: SessionStore
  readonly sealer: Sealer
  readonly cookies: CookieNames
  /** The origin of the page. */
  readonly origin: string
  /**
   * Renews tokens. It throws SessionOverError if the issuer refuses, and any other error if the issuer does not
   * answer. `null`: tokens are never renewed.
   */
  readonly renew: ((tokens: SessionTokens) => Promise<IssuedTokens>) | null
  /** Ends the refresh token of a session that ended while its tokens were renewed. Default: nothing. */
  readonly revoke?: (tokens: SessionTokens) => Promise<void>
  /** Counts the cookies of each sender that stand for no session, with other refused credentials. */
  readonly failures: FailureLimiter
  /** Called if tokens could not be renewed, or the time of a use could not be written. */
  readonly onError: (error: unknown, message: string) => void
  readonly now: () => number
}

/** The header in which a page names the session that it shows. See {@link PageSessions.find}. */
export const shownSessionHeader = 'x-latchkey-session'

/** The time for one caller to renew the tokens of a session, before another one may. Milliseconds. */
const renewalMs = 10_000
/** The time until the next attempt after the issuer did not answer. Milliseconds. */
const retryMs = 2_000
/** The number of cookies without a session that are kept, and the time. Milliseconds. */
const maxUnknownCookies = 10_000
const unknownMs = 60_000
/** The time for which a request waits while another one renews tokens that have expired. Milliseconds. */
const renewalWaitMs = 4_000

export function createPageSessions(options: PageSessionsOptions): PageSessions {
  const { store, sealer, cookies, origin, renew, failures, onError, now } = options
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

  /** A browser whose session has ended counts once, however often it sends the cookie. */
  function countFailure(carrier: CredentialCarrier): void {
    const address = carrier.clientAddress?.() ?? null
    const error = failures.errorFor(new InvalidCredentialError(), address)
    if (error instanceof RateLimitedError) throw error
  }

  async function unseal({ id, tokens }: StoredSession): Promise<SessionTokens | null> {
    return (await sealer.open('session', id, tokens)) as SessionTokens | null
  }

  function touch({ id, lastUsedAt }: SessionRow): void {
    const at = now()
    if (at - lastUsedAt.getTime() < touchAfterMs) return
    store
      .touch(id, new Date(at))
      .catch((error: unknown) => onError(error, 'the use of a session could not be written'))
  }

  /** Renews the tokens if no other caller does. Returns `null` if another one does, or has done so. */
  async function renewNow(session: StoredSession): Promise<SessionTokens | null> {
    const { id } = session
    const at = now()
    const claim = new Date(at + renewalMs)
    const claimed = await store.claimRenewal(id, new Date(at), claim)
    if (claimed === null) return null
    const held = await unseal(claimed)
    if (held === null || renew === null) return null
    if (!isDue(claimed)) {
      const { tokens, tokenExpiresAt } = claimed
      await store.renew(id, claim, { tokens, tokenExpiresAt })
      return held
    }
    try {
      const { expiresAt, ...tokens } = await renew(held)
      const sealed = await sealer.seal('session', id, tokens)
      const fresh = { tokens: sealed, tokenExpiresAt: expiresAt }
      const outcome = await store.renew(id, claim, fresh)
      if (outcome === 'renewed') return tokens
      // The other caller may have the same refresh token.
      if (outcome === 'superseded') return null
      await options
        .revoke?.(tokens)
        .catch((error) => onError(error, 'a refresh token could not be revoked'))
      throw new SessionOverError('The session has ended meanwhile.')
    } catch (error) {
      if (!(error instanceof SessionOverError)) {
        await store.postponeRenewal(id, claim, new Date(now() + retryMs))
      } else if ((await store.endRenewal(id, claim)) === 'superseded') return null
      throw error
    }
  }

  const isDue = ({ tokenExpiresAt }: StoredSession) =>
    tokenExpiresAt.getTime() - now() < renewBeforeMs
  const isExpired = ({ tokenExpiresAt }: StoredSession) => tokenExpiresAt.getTime() <= now()

  /** Returns valid tokens; `null` if the session is over. */
  async function current(
    session: StoredSession,
    cookieHeader: string | null,
  ): Promise<SessionTokens | null> {
    const held = await unseal(session)
    if (held === null || held.refreshToken === null || !isDue(session)) return held
    try {
      const renewed = await renewNow(session)
      if (renewed !== null) return renewed
    } catch (error) {
      if (error instanceof SessionOverError) return null
      onError(error, 'the tokens of a session could not be renewed')
      if (isExpired(session)) throw new ServiceUnavailableError({ cause: error, reason: 'session' })
    }
    return isExpired(session) ? await renewedByAnother(cookieHeader) : held
  }

  async function renewedByAnother(cookieHeader: string | null): Promise<SessionTokens | null> {
    const until = performance.now() + renewalWaitMs
    while (performance.now() < until) {
      await sleep(100)
      const session = await lookUp(presented(cookieHeader))
      if (session === null) return null
      if (!isExpired(session)) return await unseal(session)
    }
    throw new ServiceUnavailableError({ reason: 'session' })
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
      const tokens = await current(session, cookieHeader)
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
      return ended === null ? null : await unseal(ended)
    },

    forget: () => setCookie(cookies.session, '', { sameSite: 'Strict', maxAgeSeconds: 0 }),
  }
}

/** Returns the name of a program without control characters, so that a list may show it. */
function shortened(userAgent: string): string {
  return [...userAgent.replace(/\p{C}/gu, ' ')].slice(0, 256).join('')
}

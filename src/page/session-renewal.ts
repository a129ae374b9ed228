import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceUnavailableError } from '../errors.ts'
import type { Sealer } from '../sessions/sealer.ts'
import { renewBeforeMs, type SessionTokens, type StoredSession } from '../sessions/session.ts'
import type { SessionStore } from '../sessions/store.ts'

/** Tokens of the issuer with the `exp` of the one that the session stands for. */
export interface IssuedTokens extends SessionTokens {
  readonly expiresAt: Date
}

/** The tokens could not be renewed, and never can be: the issuer has ended the session. */
export class SessionOverError extends Error {
  override readonly name = 'SessionOverError'
}

export interface SessionRenewalOptions {
  readonly store: SessionStore
  readonly sealer: Sealer
  /**
   * Renews tokens. It throws SessionOverError if the issuer refuses, and any other error if the issuer does not
   * answer. `null`: tokens are never renewed.
   */
  readonly renew: ((tokens: SessionTokens) => Promise<IssuedTokens>) | null
  /** Ends the refresh token of a session that ended while its tokens were renewed. Default: nothing. */
  readonly revoke?: (tokens: SessionTokens) => Promise<void>
  /** Called if tokens could not be renewed, or the time of a use could not be written. */
  readonly onError: (error: unknown, message: string) => void
  readonly now: () => number
}

/** Renews the tokens of sessions before they expire. Of several callers, on any node, one renews. */
export interface SessionRenewal {
  /**
   * Returns valid tokens; `null` if the session is over.
   *
   * @param lookUp finds the session again, whose tokens another caller may have renewed
   * @throws ServiceUnavailableError if the tokens have expired, and the issuer does not answer
   */
  current(
    session: StoredSession,
    lookUp: () => Promise<StoredSession | null>,
  ): Promise<SessionTokens | null>
}

/** The time for one caller to renew the tokens of a session, before another one may. Milliseconds. */
const renewalMs = 10_000
/** The time until the next attempt after the issuer did not answer. Milliseconds. */
const retryMs = 2_000
/** The time for which a request waits while another one renews tokens that have expired. Milliseconds. */
const renewalWaitMs = 4_000

/** Decrypts the tokens of a session; `null` if they are under a secret that is no longer known. */
export async function unseal(
  sealer: Sealer,
  { id, tokens }: StoredSession,
): Promise<SessionTokens | null> {
  return (await sealer.open('session', id, tokens)) as SessionTokens | null
}

export function createSessionRenewal(options: SessionRenewalOptions): SessionRenewal {
  const { store, sealer, renew, onError, now } = options

  const isDue = ({ tokenExpiresAt }: StoredSession) =>
    tokenExpiresAt.getTime() - now() < renewBeforeMs
  const isExpired = ({ tokenExpiresAt }: StoredSession) => tokenExpiresAt.getTime() <= now()

  /** Renews the tokens if no other caller does. Returns `null` if another one does, or has done so. */
  async function renewNow({ id }: StoredSession): Promise<SessionTokens | null> {
    const at = now()
    const claim = new Date(at + renewalMs)
    const claimed = await store.claimRenewal(id, new Date(at), claim)
    if (claimed === null) return null
    const held = await unseal(sealer, claimed)
    if (held === null || renew === null) return null
    if (!isDue(claimed)) {
      const { tokens, tokenExpiresAt } = claimed
      await store.renew(id, claim, { tokens, tokenExpiresAt })
      return held
    }
    try {
      return await exchange(id, claim, await renew(held))
    } catch (error) {
      if (!(error instanceof SessionOverError)) {
        await store.postponeRenewal(id, claim, new Date(now() + retryMs))
      } else if ((await store.endRenewal(id, claim)) === 'superseded') return null
      throw error
    }
  }

  /** Stores the new tokens of a session. Returns `null` if another caller has renewed meanwhile. */
  async function exchange(
    id: string,
    claim: Date,
    { expiresAt, ...tokens }: IssuedTokens,
  ): Promise<SessionTokens | null> {
    const sealed = await sealer.seal('session', id, tokens)
    const outcome = await store.renew(id, claim, { tokens: sealed, tokenExpiresAt: expiresAt })
    if (outcome === 'renewed') return tokens
    // The other caller may have the same refresh token.
    if (outcome === 'superseded') return null
    await options
      .revoke?.(tokens)
      .catch((error) => onError(error, 'a refresh token could not be revoked'))
    throw new SessionOverError('The session has ended meanwhile.')
  }

  async function renewedByAnother(
    lookUp: () => Promise<StoredSession | null>,
  ): Promise<SessionTokens | null> {
    const until = performance.now() + renewalWaitMs
    while (performance.now() < until) {
      await sleep(100)
      const session = await lookUp()
      if (session === null) return null
      if (!isExpired(session)) return await unseal(sealer, session)
    }
    throw new ServiceUnavailableError({ reason: 'session' })
  }

  return {
    async current(session, lookUp) {
      const held = await unseal(sealer, session)
      if (held === null || held.refreshToken === null || !isDue(session)) return held
      try {
        const renewed = await renewNow(session)
        if (renewed !== null) return renewed
      } catch (error) {
        if (error instanceof SessionOverError) return null
        onError(error, 'the tokens of a session could not be renewed')
        if (isExpired(session))
          throw new ServiceUnavailableError({ cause: error, reason: 'session' })
      }
      return isExpired(session) ? await renewedByAnother(lookUp) : held
    },
  }
}

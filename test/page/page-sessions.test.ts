import { describe, expect, it } from 'vitest'
import { createFailureLimiter } from '../../src/admission/failure-limiter.ts'
import { RateLimitedError } from '../../src/errors.ts'
import type { OidcClient } from '../../src/page/oidc-client.ts'
import { createOidcSignIn } from '../../src/page/oidc-sign-in.ts'
import { createPageSessions, type PageSessionsOptions } from '../../src/page/page-sessions.ts'
import { SessionOverError } from '../../src/page/session-renewal.ts'
import { cookieNames } from '../../src/sessions/cookies.ts'
import { createSealer } from '../../src/sessions/sealer.ts'
import type { StoredSession } from '../../src/sessions/session.ts'
import type { SessionStore } from '../../src/sessions/store.ts'

const now = Date.now()
const sealer = createSealer(['a-session-key-of-at-least-32-bytes'])

async function storedSession(): Promise<StoredSession> {
  const held = { token: 'old', refreshToken: 'old', idToken: null }
  return {
    id: 'the-id',
    userId: 'the-user',
    createdAt: new Date(now),
    lastUsedAt: new Date(now),
    expiresAt: new Date(now + 600_000),
    address: null,
    userAgent: null,
    tokens: await sealer.seal('session', 'the-id', held),
    tokenExpiresAt: new Date(now + 1_000),
  }
}

function sessionsOn(store: Partial<SessionStore>, options: Partial<PageSessionsOptions> = {}) {
  return createPageSessions({
    store: store as SessionStore,
    sealer,
    cookies: cookieNames(true),
    origin: 'https://api.example',
    renew: null,
    failures: createFailureLimiter({ perMinute: 20, now: () => now }),
    onError: () => {},
    now: () => now,
    ...options,
  })
}

function requestWith(cookie: string, address = '192.0.2.7') {
  const headers: Readonly<Record<string, string>> = {
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    cookie: `__Host-latchkey-session=${cookie}`,
  }
  return {
    method: 'POST',
    header: (name: string) => headers[name] ?? null,
    queryParameters: () => [],
    clientAddress: () => address,
  }
}

/** The `n`th of many well-formed values of the cookie. */
const cookieOf = (n: number) => String(n).padStart(43, 'A')

it('a sign-out while the tokens are renewed also revokes the new refresh token', async () => {
  let session: StoredSession | null = await storedSession()
  const store: Partial<SessionStore> = {
    find: async () => session,
    claimRenewal: async () => session,
    renew: async () => (session === null ? 'ended' : 'renewed'),
    endRenewal: async () => 'ended',
  }
  const revoked: (string | null)[] = []
  const sessions = sessionsOn(store, {
    async renew() {
      session = null
      const expiresAt = new Date(now + 600_000)
      return { token: 'new', refreshToken: 'new', idToken: null, expiresAt }
    },
    async revoke({ refreshToken }) {
      revoked.push(refreshToken)
      throw new Error('The issuer does not answer.')
    },
  })
  expect(await sessions.find(requestWith(cookieOf(0)))).toBeNull()
  expect(revoked).toEqual(['new'])
})

it.each([
  ['has renewed the tokens', async () => ({ token: 'late', refreshToken: 'late', idToken: null })],
  ['has used the refresh token', () => Promise.reject(new SessionOverError('It was used.'))],
])('a session stays when another node %s first', async (_name, renewLate) => {
  const session = { ...(await storedSession()), tokenExpiresAt: new Date(now) }
  const newer = { token: 'newer', refreshToken: 'newer', idToken: null }
  const writes: unknown[] = []
  let current = session
  const sessions = sessionsOn(
    {
      find: async () => current,
      claimRenewal: async () => session,
      renew: async () => 'superseded',
      endRenewal: async () => 'superseded',
      end: async () => writes.push('end') as never,
    },
    {
      async renew() {
        const tokens = await sealer.seal('session', 'the-id', newer)
        current = { ...session, tokens, tokenExpiresAt: new Date(now + 600_000) }
        return { ...(await renewLate()), expiresAt: new Date(now + 500_000) }
      },
      revoke: async () => void writes.push('revoke'),
    },
  )
  const found = await sessions.find(requestWith(cookieOf(0)))
  expect(found?.tokens.token).toBe('newer')
  expect(writes).toEqual([])
})

describe('a cookie without a session', () => {
  it('is looked up once, and not at all if it is malformed', async () => {
    let lookups = 0
    const sessions = sessionsOn({
      async find() {
        lookups++
        return null
      },
    })
    expect(await sessions.find(requestWith('made-up'))).toBeNull()
    expect(lookups).toBe(0)
    for (let n = 0; n < 30; n++) expect(await sessions.find(requestWith(cookieOf(1)))).toBeNull()
    const cookieHeader = requestWith(cookieOf(1)).header('cookie')
    expect(await sessions.findAnywhere(sessions.presented(cookieHeader))).toBeNull()
    expect(lookups).toBe(1)
  })

  it('counts as a refused credential of its sender, and a good one still passes', async () => {
    const session = await storedSession()
    let found: StoredSession | null = null
    const sessions = sessionsOn({ find: async () => found })
    for (let n = 0; n < 20; n++) expect(await sessions.find(requestWith(cookieOf(n)))).toBeNull()
    await expect(sessions.find(requestWith(cookieOf(20)))).rejects.toThrow(RateLimitedError)
    expect(await sessions.find(requestWith(cookieOf(21), '198.51.100.7'))).toBeNull()
    found = session
    expect(await sessions.find(requestWith(cookieOf(22)))).toMatchObject({ id: 'the-id' })
  })

  it('is not looked up when a sign-in begins', async () => {
    // The store has no `find`.
    const sessions = sessionsOn({})
    const url = new URL('https://issuer.example/authorize')
    const secrets = { verifier: 'verifier', state: 'state', nonce: 'nonce' }
    const { begin } = createOidcSignIn({
      client: { begin: async () => ({ url, secrets }) } as unknown as OidcClient,
      sealer,
      sessions,
      startSession: async () => ({ ok: false, reason: 'not asked', error: null }),
      pageUrl: 'https://api.example/keys',
      graphiql: null,
      log: { warn: (details) => expect.unreachable(JSON.stringify(details)) },
      now: () => now,
    })
    const cookie = requestWith(cookieOf(1)).header('cookie') ?? ''
    const answer = await begin?.(
      new Request('https://api.example/keys/sign-in', { headers: { cookie } }),
    )
    expect(answer?.headers.get('location')).toBe(url.href)
  })
})

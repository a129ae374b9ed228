import { expect, it } from 'vitest'
import { createPageSessions } from '../../src/page/page-sessions.ts'
import { cookieNames } from '../../src/sessions/cookies.ts'
import { createSealer } from '../../src/sessions/sealer.ts'
import type { StoredSession } from '../../src/sessions/session.ts'
import type { SessionStore } from '../../src/sessions/store.ts'

it('a sign-out while the tokens are renewed also revokes the new refresh token', async () => {
  const now = Date.now()
  const sealer = createSealer(['a-session-key-of-at-least-32-bytes'])
  const held = { token: 'old', refreshToken: 'old', idToken: null }
  let session: StoredSession | null = {
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
  const store: Partial<SessionStore> = {
    find: async () => session,
    claimRenewal: async () => session,
    renew: async () => session !== null,
    end: async () => null,
  }
  const revoked: (string | null)[] = []
  const sessions = createPageSessions({
    store: store as SessionStore,
    sealer,
    cookies: cookieNames(true),
    origin: 'https://api.example',
    async renew() {
      session = null
      const expiresAt = new Date(now + 600_000)
      return { token: 'new', refreshToken: 'new', idToken: null, expiresAt }
    },
    async revoke({ refreshToken }) {
      revoked.push(refreshToken)
      throw new Error('The issuer does not answer.')
    },
    onError: () => {},
    now: () => now,
  })
  const headers: Readonly<Record<string, string>> = {
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    cookie: `__Host-latchkey-session=${'A'.repeat(43)}`,
  }
  const found = await sessions.find({
    method: 'POST',
    header: (name) => headers[name] ?? null,
    queryParameters: () => [],
  })
  expect(found).toBeNull()
  expect(revoked).toEqual(['new'])
})

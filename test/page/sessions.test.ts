import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { WebClient } from '../support/web-client.ts'
import { type PageServer, startPageServer } from './page-server.ts'

const sessionCookie = '__Host-latchkey-session'
const whoAmI = { query: '{ viewer { user { subject } credential { expiresAt } } }' }
const minute = 60_000

let server: PageServer
let client: WebClient
beforeAll(async () => {
  const scopes = 'openid profile offline_access read:users read:keys write:keys'
  server = await startPageServer({ OIDC_SCOPES: scopes })
  server.provider.givesRefreshTokens = true
})
afterAll(() => server.close())
beforeEach(() => {
  client = new WebClient()
  Object.assign(server.provider, { failing: null, failure: 'invalid_grant' })
  server.provider.lifetime = 600
})

async function signedIn(person: string, as = client): Promise<WebClient> {
  server.provider.person = person
  as.cookies(server.provider.issuer).clear()
  await as.open(`${server.page}/sign-in`)
  return as
}

const ask = (as = client) => as.post(`${server.page}/graphql`, whoAmI)
const subjectOf = async (as = client) => (await ask(as)).body.data?.viewer?.user.subject ?? null
const renewals = () => server.provider.grants.filter((grant) => grant === 'refresh_token').length

describe('a session whose JWT expires soon', () => {
  it('has a refresh token, because the person was asked for consent', async () => {
    await signedIn('offline')
    const asked = server.provider.asked.at(-1)
    expect(asked?.get('scope')).toContain('offline_access')
    expect(asked?.get('prompt')).toBe('consent')
  })

  it('gets another JWT, once for all requests', async () => {
    server.provider.lifetime = 30
    await signedIn('renewed')
    const before = renewals()
    server.provider.lifetime = 600
    const subjects = await Promise.all(Array.from({ length: 8 }, () => subjectOf()))
    expect(new Set(subjects)).toEqual(new Set(['renewed']))
    expect(renewals()).toBe(before + 1)
    const { body } = await ask()
    const ends = Date.parse(body.data.viewer.credential.expiresAt)
    expect(ends).toBeGreaterThan(Date.now() + 5 * minute)
    expect(renewals()).toBe(before + 1)
  })

  it.each([
    ['does not answer', 503, 'server_error'],
    ['has had too many requests', 429, 'too_many_requests'],
    ['does not know the new secret of the client', 401, 'invalid_client'],
  ])('stays while the issuer %s', async (_name, status, failure) => {
    server.provider.lifetime = 30
    await signedIn('patient')
    Object.assign(server.provider, { failing: status, failure })
    expect(await subjectOf()).toBe('patient')
    expect(server.app.logged.join('\n')).toContain('the tokens of a session could not be renewed')
    expect((await client.post(`${server.page}/session`)).body.session).not.toBeNull()
  })

  it('ends when the issuer refuses', async () => {
    server.provider.lifetime = 30
    await signedIn('refused')
    server.provider.failing = 400
    expect(await subjectOf()).toBeNull()
    server.provider.failing = null
    expect(await subjectOf()).toBeNull()
  })
})

describe('a session whose JWT has expired', () => {
  it('is unavailable while the issuer does not answer, and goes on afterwards', async () => {
    server.provider.lifetime = 2
    await signedIn('late')
    const leaver = await signedIn('leaver', new WebClient())
    server.provider.failing = 503
    await new Promise((done) => setTimeout(done, 2_100))
    const { status, body } = await ask()
    expect(status).toBe(503)
    expect(body.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE')
    // The person can still sign out.
    expect((await leaver.post(`${server.page}/sign-out`)).status).toBe(200)
    expect(leaver.cookies(server.url).has(sessionCookie)).toBe(false)
    const left = await server.app.sql`
      select from latchkey.page_sessions join latchkey.users on users.id = user_id
      where subject = 'leaver'`
    expect(left).toHaveLength(0)
    server.provider.failing = null
    await new Promise((done) => setTimeout(done, 2_100))
    expect(await subjectOf()).toBe('late')
  })
})

describe('a session', () => {
  it('is in a list, in which the person ends the others', async () => {
    const phone = await signedIn('lister', new WebClient())
    await signedIn('lister')
    const stranger = await signedIn('stranger', new WebClient())
    const list = async (as = client) => (await as.post(`${server.page}/sessions`)).body.sessions
    const sessions = await list()
    expect(sessions).toEqual([
      {
        id: expect.any(String),
        current: true,
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        address: '127.0.0.1',
        userAgent: expect.any(String),
        expiresAt: expect.any(String),
      },
      expect.objectContaining({ current: false }),
    ])
    const { id } = sessions[1]
    await stranger.post(`${server.page}/sessions/end`, { id })
    expect(await subjectOf(phone)).toBe('lister')
    const before = server.provider.revocations
    await client.post(`${server.page}/sessions/end`, { id })
    expect(await subjectOf(phone)).toBeNull()
    // The refresh token of the lost phone is of no use to whoever has a copy of the database.
    expect(server.provider.revocations).toBe(before + 1)
    for (const path of ['sessions', 'sessions/end']) {
      expect((await phone.post(`${server.page}/${path}`, { id })).status).toBe(401)
    }
    expect(await list()).toHaveLength(1)
  })

  it.each([
    [
      'signing out everywhere',
      () =>
        client.post(`${server.page}/graphql`, { query: 'mutation { signOutEverywhere { at } }' }),
    ],
    [
      'a suspension by hand',
      () =>
        server.app.byHand`update latchkey.users set status = 'SUSPENDED' where subject = 'ended'`,
    ],
    [
      'a deletion by hand',
      () => server.app.byHand`delete from latchkey.users where subject = 'ended'`,
    ],
  ])('ends with its refresh token by %s', async (_name, end) => {
    await server.app
      .byHand`update latchkey.users set status = 'ACTIVE', signed_out_at = null where subject = 'ended'`
    await signedIn('ended')
    expect(await subjectOf()).toBe('ended')
    await end()
    expect(await subjectOf()).toBeNull()
    const left = await server.app.sql`
      select from latchkey.page_sessions join latchkey.users on users.id = user_id
      where subject = 'ended'`
    expect(left).toHaveLength(0)
  })

  it('ends without use, and after its limit', async () => {
    await signedIn('idle')
    await server.app
      .sql`update latchkey.page_sessions set last_used_at = now() - interval '8 hours 1 minute'`
    expect(await subjectOf()).toBeNull()
    await signedIn('old')
    await server.app.sql`update latchkey.page_sessions set expires_at = now() - interval '1 second'`
    expect(await subjectOf()).toBeNull()
    await server.app.stores.sessions.removeEnded({
      now: new Date(),
      idleSince: new Date(Date.now() - 8 * 60 * minute),
    })
    expect(await server.app.sql`select from latchkey.page_sessions`).toHaveLength(0)
  })

  it('cannot be moved to another row', async () => {
    await signedIn('mallory')
    const victim = await signedIn('victim', new WebClient())
    await server.app.sql`
      update latchkey.page_sessions as own set tokens = other.tokens
      from latchkey.page_sessions as other, latchkey.users as u, latchkey.users as v
      where own.user_id = u.id and u.subject = 'mallory' and other.user_id = v.id and v.subject = 'victim'`
    expect(await subjectOf()).toBeNull()
    expect(await subjectOf(victim)).toBe('victim')
  })
})

describe('the keys of sessions', () => {
  it('decrypt as long as they are in the list', async () => {
    const [old, fresh] = ['the-old-session-key-of-32-bytes!!', 'the-new-session-key-of-32-bytes!!']
    const database = await createTestDatabase()
    const first = await startPageServer({ SESSION_KEYS: old }, { database })
    const issuer = { JWT_ISSUER: first.provider.issuer }
    await client.open(`${first.page}/sign-in`)
    const cookie = client.cookies(first.url).get(sessionCookie)
    const servers = [first]
    const subjectWith = async (keys: string) => {
      const settings = { ...issuer, SESSION_KEYS: keys }
      const next = await startPageServer(settings, { database })
      servers.push(next)
      const browser = new WebClient()
      if (cookie !== undefined) browser.cookies(next.url).set(sessionCookie, cookie)
      const { body } = await browser.post(`${next.page}/session`)
      return body.session?.subject ?? null
    }
    expect(await subjectWith(`${fresh},${old}`)).toBe('ada')
    expect(await subjectWith(fresh)).toBeNull()
    for (const one of servers) await one.close()
  })
})

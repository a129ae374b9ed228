import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebClient } from '../support/web-client.ts'
import { type PageServer, startPageServer } from './page-server.ts'

const sessionCookie = '__Host-latchkey-session'
const signInCookie = '__Host-latchkey-sign-in'
const viewer = { query: '{ viewer { user { subject } scopes credential { kind } } }' }

let server: PageServer
let client: WebClient
beforeAll(async () => {
  server = await startPageServer()
})
afterAll(() => server.close())
beforeEach(() => {
  client = new WebClient()
  server.provider.person = 'ada'
  server.provider.lifetime = 600
})

const signIn = (as = client, returnTo = '') => as.open(`${server.page}/sign-in${returnTo}`)

describe('the sign-in', () => {
  it('ends at the page with a session, whose JWT makes the principal', async () => {
    const { url, response } = await signIn(client, '?return_to=%2Fnew%3Fscopes%3Dread%3Akeys')
    expect(url).toBe(`${server.page}/new?scopes=read:keys`)
    expect(response.status).toBe(200)
    const { body } = await client.post(`${server.page}/graphql`, viewer)
    expect(body.data.viewer).toEqual({
      user: { subject: 'ada' },
      scopes: ['read:keys', 'read:users', 'write:keys'],
      credential: { kind: 'JWT' },
    })
    const { body: session } = await client.post(`${server.page}/session`)
    expect(session.session).toMatchObject({ issuer: server.provider.issuer, subject: 'ada' })
  })

  it('uses PKCE, state, nonce and the resource', async () => {
    await signIn()
    const asked = Object.fromEntries(server.provider.asked.at(-1) ?? [])
    expect(asked).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      resource: 'https://api.example',
      redirect_uri: `${server.page}/callback`,
    })
    expect(asked).not.toHaveProperty('prompt')
  })

  it('sets cookies that scripts and other hosts cannot use', async () => {
    await client.open(`${server.page}/sign-in`, { stopAt: /\/auth\?/ })
    const underWay = client.cookies(server.url).get(signInCookie)
    expect(underWay?.attributes).toBe('; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=600')
    await signIn()
    expect(client.cookies(server.url).has(signInCookie)).toBe(false)
    const session = client.cookies(server.url).get(sessionCookie)
    expect(session?.attributes).toMatch(
      /^; Path=\/; HttpOnly; Secure; SameSite=Strict; Max-Age=\d+$/,
    )
  })
})

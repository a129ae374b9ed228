import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'

const audience = 'https://api.example'

let app: TestApp
let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
  app = await createTestApp({
    JWT_ISSUERS: JSON.stringify([{ issuer: issuer.issuer, audience, scopesFrom: 'grant' }]),
  })
})
afterAll(async () => {
  await app.close()
  await issuer.close()
})

async function scopesOf(sub: string, claims: Record<string, unknown> = {}) {
  const answer = await app.ask('{ viewer { scopes credential { scopes } } }', {
    as: await issuer.sign({ sub, aud: audience, ...claims }),
  })
  return answer.body.data?.viewer ?? answer.body
}

const grant = async (subject: string, scopes: readonly string[] | null) => {
  await app.sql`update latchkey.users set scopes = ${scopes as string[] | null} where subject = ${subject}`
  await app.waitForChanges()
}

describe('a token without a scope claim, where scopes come from the grant,', () => {
  test('carries no scope if its user has no ceiling', async () => {
    expect(await scopesOf('newcomer')).toEqual({ scopes: [], credential: { scopes: [] } })
  })

  test('carries what the grant lists, administrative scopes included', async () => {
    await scopesOf('ada')
    const scopes = ['read:audit', 'read:users']
    await grant('ada', scopes)
    expect(await scopesOf('ada')).toEqual({ scopes, credential: { scopes } })
  })

  test('follows each change of the grant', async () => {
    await scopesOf('grace')
    const as = await issuer.sign({ sub: 'grace', aud: audience })
    for (const scopes of [['read:keys', 'read:users'], ['read:users'], []]) {
      await grant('grace', scopes)
      const { body } = await app.ask('{ viewer { scopes } }', { as })
      expect(body.data.viewer.scopes).toEqual(scopes)
    }
  })
})

describe('a token with a scope claim is narrowed by it', () => {
  test.each([
    [{ scope: 'read:users write:keys' }, ['read:users']],
    [{ scope: '' }, []],
    [{ permissions: [] }, []],
    [{ scope: null }, []],
  ])('%j', async (claims, scopes) => {
    await scopesOf('linus')
    await grant('linus', ['read:keys', 'read:users'])
    expect(await scopesOf('linus', claims)).toMatchObject({ scopes })
  })
})

test('grants are not possible without a directory, which stores them', () => {
  const settings = { issuer: 'https://issuer.example', audience }
  expect(() => createAuthenticator({ issuers: [{ ...settings, scopesFrom: 'grant' }] })).toThrow(
    /scopesFrom: must not be `grant` without a `directory`/,
  )
})

test('a preset with grants carries no scope without a directory', async () => {
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience, preset: 'firebase', algorithms: ['ES256'] }],
  })
  const token = await issuer.sign({ sub: 'ada', aud: audience })
  const authentication = await authenticator.authenticate({
    header: (name) => (name === 'authorization' ? `Bearer ${token}` : null),
    queryParameters: () => [],
  })
  expect(authentication).toMatchObject({ principal: { subject: 'ada', scopes: new Set() } })
  await authenticator.close()
})

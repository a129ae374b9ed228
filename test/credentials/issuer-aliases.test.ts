import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { explainJwt } from '../../src/credentials/explain-jwt.ts'
import { issuerFaults } from '../../src/credentials/issuer-rules.ts'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

const alias = 'https://login.example.com/'

let issuer: TestIssuer
let elsewhere: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
  elsewhere = await startIssuer()
})
afterAll(async () => {
  await issuer.close()
  await elsewhere.close()
})

const withToken = (token: string) => ({
  header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : null),
  queryParameters: () => [],
})

describe('a token under an alias', () => {
  test('gives the principal of the canonical issuer, with the keys of that issuer', async () => {
    const aliases = [alias, elsewhere.issuer]
    const authenticator = createAuthenticator({
      issuers: [{ issuer: issuer.issuer, audience: testAudience, aliases }],
    })
    for (const iss of [issuer.issuer, ...aliases]) {
      const token = await issuer.sign({ iss, sub: 'ada' })
      expect(await authenticator.authenticate(withToken(token))).toMatchObject({
        principal: {
          issuer: issuer.issuer,
          subject: 'ada',
          credential: { issuer: issuer.issuer },
        },
      })
    }
    const forged = withToken(await elsewhere.sign())
    expect(await authenticator.authenticate(forged)).toMatchObject({ kind: 'refused' })
    expect(elsewhere.requests).toEqual({ discovery: 0, keys: 0 })
    const unknown = withToken(await issuer.sign({ iss: `${alias}x` }))
    expect(await authenticator.authenticate(unknown)).toMatchObject({
      refusal: { reason: 'jwt-unknown-issuer' },
    })
    await authenticator.close()
  })

  test('is explained as one of the canonical issuer', async () => {
    const settings = { issuer: issuer.issuer, audience: testAudience, aliases: [alias] }
    const issuers = [resolveIssuer(settings)]
    const token = await issuer.sign({ iss: alias })
    expect(await explainJwt(token, { issuers, now: Date.now() })).toMatchObject({
      accepted: true,
      issuer: issuer.issuer,
    })
  })
})

test('no JWT is accepted until the users of an alias are merged', async () => {
  const asked: (readonly string[])[] = []
  let unmerged = [alias]
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience, aliases: [alias] }],
    directory: {
      findKeyForVerification: async () => null,
      admitUser: async ({ issuer, subject }) => ({
        userId: subject,
        issuer,
        subject,
        suspended: false,
        scopes: [],
        issuerScopes: null,
        signedOutAt: null,
      }),
      async markUsed() {},
      async findUnmergedAliases(aliases) {
        asked.push(aliases)
        return unmerged
      },
    },
  })
  const authenticate = async () =>
    authenticator.authenticate(withToken(await issuer.sign({ sub: 'ada' })))
  await expect(authenticate()).rejects.toThrow(/latchkey users merge-issuer https:\/\/login/)
  unmerged = []
  expect(await authenticate()).toMatchObject({ kind: 'authenticated' })
  expect(await authenticate()).toMatchObject({ kind: 'authenticated' })
  expect(asked).toEqual([[alias], [alias]])
  await authenticator.close()
})

const one = { issuer: 'https://id.example.com', audience: 'https://api.example.com' }
const other = { issuer: 'https://other.example.com', audience: 'https://api.example.com' }

test.each([
  [[], /^aliases: must be an array/],
  ['https://login.example.com', /^aliases: must be an array/],
  [[''], /^aliases: must be an array/],
  [['a b'], /^aliases: "a b" must be 1 to 2048 visible ASCII characters$/],
  [['https://{tenant}.example.com'], /placeholder/],
  [[one.issuer], /^aliases: must not contain `issuer` itself/],
  [[alias, alias], /^aliases: must not contain the same name twice$/],
  [['http://127.0.0.1:4000/dev/issuer'], /must not be a development issuer/],
  [['urn:latchkey:x'], /must not begin with `urn:latchkey:`/],
])('aliases %j are a fault', (aliases, fault) => {
  expect(issuerFaults({ ...one, aliases })).toEqual([expect.stringMatching(fault)])
})

describe('aliases of Entra', () => {
  const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'
  const v2 = (name: string) => `https://login.microsoftonline.com/${name}/v2.0`
  const v1 = (name: string) => `https://sts.windows.net/${name}/`
  const entra = { audience: 'x', preset: 'entra' } as const

  test('contain the tenant, or stand for each one in a list', () => {
    const single = { ...entra, issuer: v2(tenant) }
    expect(issuerFaults({ ...single, aliases: [v1(tenant)] })).toEqual([])
    expect(issuerFaults({ ...single, aliases: [v1('common')] })).toEqual([
      expect.stringContaining('the id of your tenant'),
    ])
    const several = { ...entra, issuer: v2('organizations'), tenants: [tenant] }
    expect(issuerFaults({ ...several, aliases: [v1(tenant)] })).toEqual([
      expect.stringContaining('`organizations` in the place of the tenant'),
    ])
    const settings = { ...several, aliases: [v1('organizations')] }
    const { issuers } = loadConfig({ JWT_ISSUERS: JSON.stringify([settings]) })
    expect(issuers).toMatchObject([{ issuer: v2(tenant), aliases: [v1(tenant)] }])
  })
})

describe('a name that two issuers have is a fault of the configuration', () => {
  const google = { issuer: 'https://accounts.google.com', audience: 'x', preset: 'google' }
  const namesake = { issuer: 'accounts.google.com', audience: 'x', jwks: { keys: [] } }
  const shorthand = { JWT_ISSUER: one.issuer, JWT_AUDIENCE: one.audience }

  test.each<[string, object[], Record<string, string>, RegExp]>([
    ['an issuer', [one, { ...other, aliases: [one.issuer] }], {}, /^\[1\] .*which \[0\] also has/],
    [
      'an alias',
      [
        { ...one, aliases: [alias] },
        { ...other, aliases: [alias] },
      ],
      {},
      /^\[1\] /,
    ],
    ['an alias, first', [{ ...one, aliases: [other.issuer] }, other], {}, /^\[1\] has the name/],
    ['JWT_ISSUER', [{ ...other, aliases: [one.issuer] }], shorthand, /which JWT_ISSUER also has/],
    [
      'an alias of a preset',
      [google, { ...other, aliases: ['accounts.google.com'] }],
      {},
      /^\[1\]/,
    ],
  ])('%s', (_, list, variables, message) => {
    const load = () => loadConfig({ ...variables, JWT_ISSUERS: JSON.stringify(list) })
    expect(load).toThrow(expect.objectContaining({ name: 'ConfigError' }))
    try {
      load()
    } catch (error) {
      expect(error).toMatchObject({
        faults: [{ variable: 'JWT_ISSUERS', message: expect.stringMatching(message) }],
      })
    }
  })

  test('an issuer with the alias of a preset', async () => {
    const jwks = { keys: [issuer.key.publicJwk] }
    const list = JSON.stringify([google, { ...namesake, jwks }])
    expect(() => loadConfig({ JWT_ISSUERS: list })).toThrow(
      '[1] has the name "accounts.google.com", which [0] also has',
    )
  })

  test('PUBLIC_URL', () => {
    const list = JSON.stringify([{ ...one, aliases: ['https://api.example.com/'] }])
    expect(() => loadConfig({ PUBLIC_URL: 'https://api.example.com', JWT_ISSUERS: list })).toThrow(
      'PUBLIC_URL in `aliases`',
    )
  })
})

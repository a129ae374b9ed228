import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { issuerFaults } from '../../src/credentials/issuer-rules.ts'
import { createSigningKey, signJwt } from '../support/issuer.ts'

const first = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'
const second = 'bbbbcccc-1111-dddd-2222-eeee3333ffff'
const third = 'ccccdddd-2222-eeee-3333-ffff4444aaaa'
const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
const settings = {
  issuer: issuerOf('organizations'),
  audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
  preset: 'entra',
  tenants: [first, second],
} as const

test('tokens of the listed tenants are accepted, each as an issuer of its own', async () => {
  const key = await createSigningKey('RS256')
  const authenticator = createAuthenticator({
    issuers: [{ ...settings, jwks: { keys: [key.publicJwk] } }],
  })
  const now = Math.floor(Date.now() / 1000)
  const authenticate = async (tenant: string) => {
    const claims = { iss: issuerOf(tenant), aud: settings.audience, sub: 'x', azp: 'client' }
    const times = { iat: now, exp: now + 300 }
    const token = await signJwt(
      { ...claims, ...times, tid: tenant },
      { header: { typ: 'JWT' }, key },
    )
    return authenticator.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${token}` : null),
      queryParameters: () => [],
    })
  }
  for (const tenant of [first, second]) {
    expect(await authenticate(tenant)).toMatchObject({ principal: { issuer: issuerOf(tenant) } })
  }
  for (const tenant of [third, 'organizations', '{tenantid}']) {
    expect(await authenticate(tenant)).toMatchObject({ refusal: { reason: 'jwt-unknown-issuer' } })
  }
  await authenticator.close()
})

test.each([
  [{ tenants: [] }, /^tenants: must be an array/],
  [{ tenants: ['contoso.onmicrosoft.com'] }, /^tenants: must be an array/],
  [{ tenants: '*' }, /^tenants: must be an array/],
  [{ issuer: issuerOf(first) }, /^tenants: needs an `issuer` with `organizations`/],
])('%j is a fault', (changes, fault) => {
  expect(issuerFaults({ ...settings, ...changes })).toEqual([expect.stringMatching(fault)])
})

test('the configuration has an issuer for each tenant, and finds a tenant that is there twice', () => {
  const load = (...list: object[]) => loadConfig({ JWT_ISSUERS: JSON.stringify(list) })
  expect(load(settings).issuers.map(({ issuer }) => issuer)).toEqual([first, second].map(issuerOf))
  const { tenants: _, ...one } = settings
  expect(() => load({ ...one, issuer: issuerOf(second) }, settings)).toThrow(
    'JWT_ISSUERS [1] is the same issuer as [0]',
  )
  expect(() => load({ ...settings, tenants: [first, first] })).toThrow('the same issuer as [0]')
})

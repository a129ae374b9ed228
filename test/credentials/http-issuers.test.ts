import { lookup } from 'node:dns/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { jwksUriOf } from '../../src/credentials/fetch-keys.ts'
import { issuerFaults } from '../../src/credentials/issuer-rules.ts'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { isLoopbackHost } from '../../src/net/loopback.ts'
import { isPrivateHost } from '../../src/net/private-hosts.ts'
import { createSigningKey, signJwt, testAudience } from '../support/issuer.ts'

describe('a host of a private network', () => {
  test.each([
    'localhost',
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '[fd12:3456::1]',
    '[::ffff:10.0.0.1]',
    'keycloak',
    'key-cloak_1',
    'keycloak.auth.svc',
    'keycloak.auth.svc.cluster.local',
    'KEYCLOAK',
  ])('is %s', (host) => {
    expect(isPrivateHost(host)).toBe(true)
  })

  test.each([
    '',
    'svc',
    'issuer.example',
    'svc.example',
    'keycloak.svc.example',
    'cluster.local.example',
    'keycloak.local',
    '11.0.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '[2001:db8::1]',
    '[fe80::1]',
    '0.0.0.0',
  ])('is not %s', (host) => {
    // A single label `svc` is a name without a dot.
    expect(isPrivateHost(host)).toBe(host === 'svc')
  })
})

describe('with allowHttp', () => {
  const settings = { issuer: 'http://keycloak:8080/realms/a', audience: testAudience }

  test('http is allowed to a private network only', () => {
    expect(issuerFaults({ ...settings, allowHttp: true })).toEqual([])
    expect(issuerFaults(settings)).toEqual([expect.stringContaining('allowHttp')])
    expect(issuerFaults({ ...settings, allowHttp: false })).toHaveLength(1)
    const issuer = 'http://issuer.example'
    expect(issuerFaults({ ...settings, issuer, allowHttp: true })).toHaveLength(1)
    const jwksUri = 'http://8.8.8.8/keys'
    expect(issuerFaults({ ...settings, jwksUri, allowHttp: true })).toHaveLength(1)
  })

  test('the metadata of the issuer may name keys there', () => {
    const metadata = { issuer: settings.issuer, jwks_uri: 'http://keycloak:8080/certs' }
    const read = (allowHttp: boolean, more = {}) =>
      jwksUriOf({ ...metadata, ...more }, { issuer: settings.issuer, allowHttp }, 'metadata')
    expect(read(true)).toBe('http://keycloak:8080/certs')
    expect(() => read(false)).toThrow('must be https')
    expect(() => read(true, { jwks_uri: 'http://issuer.example/certs' })).toThrow('must be https')
  })

  test('the server logs a warning at its start', () => {
    const warningsOf = (...list: object[]) =>
      loadConfig({ JWT_ISSUERS: JSON.stringify(list) }).startWarnings
    const warning = expect.stringContaining('JWT_ISSUERS allows http to a private network')
    expect(warningsOf({ ...settings, allowHttp: true })).toEqual([warning])
    const issuer = 'http://localhost:8080/realms/a'
    expect(warningsOf({ ...settings, issuer, allowHttp: true })).toEqual([])
    const jwksUri = 'http://keycloak:8080/certs'
    expect(warningsOf({ ...settings, issuer, jwksUri, allowHttp: true })).toEqual([warning])
    expect(warningsOf({ ...settings, jwksUri: 'https://keycloak/certs', allowHttp: true })).toEqual(
      [],
    )
  })
})

/** A name of this machine that is not a loopback one, if it has any. */
const names = Object.values(networkInterfaces()).flatMap((addresses) =>
  (addresses ?? []).map(({ address }) => address),
)
const resolved = await lookup(hostname()).then(
  () => [hostname()],
  () => [],
)
const privateName = [...names, ...resolved].find(
  (name) => isPrivateHost(name) && !isLoopbackHost(name) && !name.includes(':'),
)

test.skipIf(privateName === undefined)(
  'keys are fetched from a private network, and redirects are not followed',
  async () => {
    const key = await createSigningKey()
    let redirects = false
    const server = createServer((request, response) => {
      if (redirects && request.url === '/keys') {
        response.writeHead(302, { location: '/elsewhere' }).end()
      } else response.end(JSON.stringify({ keys: [key.publicJwk] }))
    })
    await new Promise<void>((done) => server.listen(0, done))
    const { port } = server.address() as AddressInfo
    const issuer = 'http://localhost:8080/realms/a'
    const now = Math.floor(Date.now() / 1000)
    const token = await signJwt(
      { iss: issuer, aud: testAudience, sub: 'ada', iat: now, exp: now + 60 },
      { key },
    )
    const verify = () =>
      createJwtVerifier({
        issuers: [
          resolveIssuer({
            issuer,
            audience: testAudience,
            jwksUri: `http://${privateName}:${port}/keys`,
            allowHttp: true,
          }),
        ],
      }).verify(token, Date.now())
    expect(await verify()).toMatchObject({ ok: true, jwt: { issuer } })
    redirects = true
    await expect(verify()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    server.closeAllConnections()
    server.close()
  },
)

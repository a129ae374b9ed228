import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { createIdentityKeysFile, replaceIdentityKeysFile } from '../../src/identity/key-file.ts'
import { newIdentityKeys, rotateIdentityKeys } from '../../src/identity/keys.ts'
import { createLogger } from '../../src/log.ts'
import { createReloadWarner, reloadLogged } from '../../src/server/reload.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { startIssuer } from '../support/issuer.ts'
import { temporaryFolder } from '../support/server-process.ts'

const folder = temporaryFolder()
const keysFile = join(folder, 'identity-keys.json')
const scopesFile = join(folder, 'scopes.json')
const issuersFile = join(folder, 'issuers.json')
const audience = 'https://api.example'

let app: TestApp
let other: Awaited<ReturnType<typeof startIssuer>>
let environment: Record<string, string>
const logged: string[] = []
const log = createLogger({ level: 'info', destination: { write: (line) => logged.push(line) } })

const write = (file: string, content: object) => writeFileSync(file, JSON.stringify(content))
const reload = () => reloadLogged(() => loadConfig(environment), app.reload, log)
const viewerOf = (as: string) => app.ask('{ viewer { subject } }', { as })
const scopes = async () =>
  (await app.ask('{ scopes { name } }')).body.data.scopes.map(({ name }: { name: string }) => name)
const publishedKeys = async () => {
  const response = await app.fetch(new Request('http://latchkey.test/.well-known/jwks.json'))
  return (await response.json()).keys.map(({ kid }: { kid: string }) => kid)
}
const verify = (as: string) =>
  app.fetch(
    new Request('http://latchkey.test/auth/verify', { headers: { authorization: `Bearer ${as}` } }),
  )
const signerOf = (token: string | null) =>
  JSON.parse(Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString()).kid

beforeAll(async () => {
  other = await startIssuer()
  const keys = newIdentityKeys('EdDSA')
  createIdentityKeysFile(keysFile, keys)
  write(scopesFile, { 'read:orders': 'Read orders.' })
  app = await createTestApp({ IDENTITY_KEYS_FILE: keysFile, SCOPES_FILE: scopesFile })
  write(issuersFile, [{ issuer: app.issuer.issuer, audience }])
  environment = {
    JWT_ISSUERS_FILE: issuersFile,
    IDENTITY_KEYS_FILE: keysFile,
    SCOPES_FILE: scopesFile,
  }
})
afterAll(async () => {
  await app.close()
  await other.close()
})

describe('a reload', () => {
  it('signs with the new identity key, and publishes the new keys', async () => {
    const jwt = await app.jwt('ada', [])
    const before = await publishedKeys()
    expect(signerOf((await verify(jwt)).headers.get('x-identity'))).toBe(before[0])
    const [signer, next] = newIdentityKeys('ES256')
    if (signer?.privateKey == null || next === undefined) throw new Error('There is no signer.')
    const keys = rotateIdentityKeys({
      signer: { ...signer, privateKey: signer.privateKey },
      keys: [signer, next],
    })
    replaceIdentityKeysFile(keysFile, keys)
    await reload()
    expect(await publishedKeys()).toEqual(keys.map(({ id }) => id))
    expect(signerOf((await verify(jwt)).headers.get('x-identity'))).toBe(next.id)
  })

  it('knows the new scopes of other services', async () => {
    expect(await scopes()).toContain('read:orders')
    write(scopesFile, { 'write:orders': 'Change orders.' })
    await reload()
    const names = await scopes()
    expect(names).toContain('write:orders')
    expect(names).not.toContain('read:orders')
    const { id } = await app.key('ada', ['write:orders'])
    expect(id).toMatch(/^\w{16}$/)
  })

  it('accepts the JWTs of a new issuer, and refuses all credentials of a removed one', async () => {
    const jwt = await app.jwt('grace', ['read:users', 'write:keys'])
    const { secret } = await app.key('grace', ['read:users'])
    const added = await other.sign({ sub: 'grace', scope: '', aud: audience })
    expect((await viewerOf(added)).status).toBe(401)
    write(issuersFile, [
      { issuer: app.issuer.issuer, audience },
      { issuer: other.issuer, audience },
    ])
    await reload()
    expect((await viewerOf(added)).body).toEqual({ data: { viewer: { subject: 'grace' } } })
    expect((await viewerOf(jwt)).status).toBe(200)
    expect((await viewerOf(secret)).status).toBe(200)

    write(issuersFile, [{ issuer: other.issuer, audience }])
    await reload()
    expect((await viewerOf(added)).status).toBe(200)
    expect((await viewerOf(jwt)).status).toBe(401)
    expect((await viewerOf(secret)).status).toBe(401)
    write(issuersFile, [{ issuer: app.issuer.issuer, audience }])
    await reload()
    expect((await viewerOf(secret)).status).toBe(200)
  })

  it('finishes requests in flight, and keeps the counts of the metrics', async () => {
    const jwt = await app.jwt('ada', [])
    const answers = Array.from({ length: 20 }, () => viewerOf(jwt))
    await reload()
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200)
    const response = await app.fetch(new Request('http://latchkey.test/metrics'))
    const [, count] =
      /^latchkey_http_requests_total\{path="\/graphql".*status="200"\} (\d+)$/m.exec(
        await response.text(),
      ) ?? []
    expect(Number(count)).toBeGreaterThan(20)
  })
})

it('a reload logs the warnings about new issuers, each once', async () => {
  const issuers = [
    { issuer: app.issuer.issuer, audience },
    { issuer: 'http://keycloak/realms/shop', audience, allowHttp: true },
  ]
  const config = loadConfig({ JWT_ISSUERS: JSON.stringify(issuers) })
  const warn = createReloadWarner(app.config, log)
  const warnings = () => logged.filter((line) => line.includes('http://keycloak/realms/shop'))
  for (let times = 0; times < 2; times++) {
    await reloadLogged(
      () => config,
      async () => {},
      log,
      warn,
    )
    expect(warnings()).toHaveLength(1)
  }
  await reloadLogged(
    () => config,
    async () => {},
    log,
    createReloadWarner(config, log),
  )
  expect(warnings()).toHaveLength(1)
})

describe('a reload with a fault', () => {
  it('changes nothing, whatever else was changed, and logs the faults', async () => {
    const [before, keys] = [await scopes(), await publishedKeys()]
    write(scopesFile, { 'read:invoices': 'Read invoices.' })
    writeFileSync(keysFile, '{')
    await reload()
    expect(await scopes()).toEqual(before)
    expect(await publishedKeys()).toEqual(keys)
    const line = JSON.parse(logged.at(-1) ?? '')
    expect(line).toMatchObject({
      level: 'error',
      msg: 'the configuration was not read again: nothing has changed',
      faults: [{ variable: 'IDENTITY_KEYS_FILE' }],
    })
  })

  it('changes nothing either if it cannot be applied', async () => {
    const before = await scopes()
    // The file of the running server is still faulty, and another one was checked.
    const config = loadConfig({ ...environment, IDENTITY_KEYS_FILE: '' })
    await expect(app.reload(config)).rejects.not.toBeInstanceOf(ConfigError)
    expect(await scopes()).toEqual(before)
  })
})

it('a reload after the server began to stop changes nothing', async () => {
  const before = await scopes()
  app.shutDown()
  await app.reload(loadConfig({ ...environment, IDENTITY_KEYS_FILE: '' }))
  expect(await scopes()).toEqual(before)
  const ready = await app.fetch(new Request('http://latchkey.test/readyz'))
  expect(ready.status).toBe(503)
})

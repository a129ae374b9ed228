import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import { createIdentityKeysFile, readIdentityKeysFile } from '../../src/identity/key-file.ts'
import { newIdentityKeys } from '../../src/identity/keys.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { temporaryFolder } from '../support/server-process.ts'

const file = join(temporaryFolder(), 'keys.json')
createIdentityKeysFile(file, newIdentityKeys('EdDSA'))

let app: TestApp
beforeAll(async () => {
  app = await createTestApp({ IDENTITY_KEYS_FILE: file, PUBLIC_URL: 'https://auth.example' })
})
afterAll(() => app.close())

const get = (path: string, on = app) => on.fetch(new Request(`http://latchkey.test${path}`))

describe('the public keys', () => {
  test('are public, without their private parts', async () => {
    const response = await get('/.well-known/jwks.json')
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    const keys = readIdentityKeysFile(file).keys.map(({ publicJwk }) => publicJwk)
    expect(await response.json()).toEqual({ keys })
    expect(JSON.stringify(keys)).not.toContain('"d"')
  })

  test('are generated outside production if none are configured', async () => {
    const other = await createTestApp()
    const { keys } = await (await get('/.well-known/jwks.json', other)).json()
    expect(keys).toHaveLength(2)
    await other.close()
  })
})

describe('an identity token', () => {
  test.each(['issuer', 'own name'])(
    'is not accepted as a credential, with the %s as its iss',
    async (who) => {
      const { subject } = await app.user(`nobody-${who.length}`, null)
      const iss = who === 'issuer' ? app.issuer.issuer : 'https://auth.example'
      const issuer = createIdentityIssuer({ keys: readIdentityKeysFile(file), issuer: iss })
      const token = await issuer.tokenFor(
        {
          issuer: app.issuer.issuer,
          subject,
          userId: 'x',
          scopes: new Set(['read:users']),
          credential: {
            kind: 'JWT',
            id: null,
            name: null,
            issuer: app.issuer.issuer,
            scopes: [],
            expiresAt: null,
          },
        },
        'https://api.example',
      )
      const answer = await app.ask('{ viewer { subject } }', { as: token })
      expect(answer.status).toBe(401)
      expect(answer.body.errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
    },
  )

  test('is refused by its type even if an issuer signs it with its own key', async () => {
    await app.user('alice')
    const sign = (typ: string) =>
      app.issuer.sign({ sub: 'alice', aud: 'https://api.example' }, { header: { typ } })
    const ask = async (typ: string) =>
      (await app.ask('{ viewer { subject } }', { as: await sign(typ) })).status
    expect(await ask('at+jwt')).toBe(200)
    expect(await ask('identity+jwt')).toBe(401)
    expect(await ask('token-introspection+jwt')).toBe(401)
  })
})

describe('in production', () => {
  const production = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://db/latchkey',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'api',
  }

  test('a file that every account may read is a configuration fault', () => {
    const path = join(temporaryFolder(), 'keys.json')
    createIdentityKeysFile(path, newIdentityKeys('EdDSA'))
    const environment = { ...production, IDENTITY_KEYS_FILE: path }
    expect(loadConfig(environment).identityKeysFile).toBe(path)
    chmodSync(path, 0o644)
    expect(() => loadConfig(environment)).toThrow(/IDENTITY_KEYS_FILE names a file that every/)
    expect(loadConfig({ ...environment, NODE_ENV: 'test' }).identityKeysFile).toBe(path)
  })

  test('without a file no identity tokens are issued, which the log reports once and readiness shows', async () => {
    const bare = await createTestApp({ NODE_ENV: 'production' })
    await bare.reload(bare.config)
    const warnings = bare.logged.filter((line) => line.includes('no identity tokens'))
    expect(warnings).toHaveLength(1)
    expect(await (await get('/readyz', bare)).json()).toMatchObject({ identityTokens: 'off' })
    expect(await (await get('/.well-known/jwks.json', bare)).json()).toEqual({ keys: [] })
    await bare.close()
    expect(await (await get('/readyz')).json()).toMatchObject({ identityTokens: 'on' })
  })
})

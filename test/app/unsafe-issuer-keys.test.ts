import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { testAudience } from '../support/issuer.ts'
import { ed25519Jwk, forgeWithSmallOrder, smallOrderKeys } from '../support/weak-keys.ts'

let app: TestApp
beforeAll(async () => {
  app = await createTestApp()
})
afterAll(() => app.close())

test('the log names the refused key of an issuer and the reason', async () => {
  const { issuer } = app
  const [, identity] = smallOrderKeys[0]
  issuer.published = [...issuer.published, { ...ed25519Jwk(identity), kid: 'unsafe' }]
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer.issuer, aud: testAudience, sub: 'ada', iat, exp: iat + 300 }

  const forged = forgeWithSmallOrder(identity, { kid: 'unsafe' }, claims)
  expect(await app.ask('{ viewer { scopes } }', { as: forged })).toMatchObject({ status: 401 })
  const good = await issuer.sign()
  expect(await app.ask('{ viewer { scopes } }', { as: good })).toMatchObject({ status: 200 })

  const lines = app.logged.map((line) => JSON.parse(line))
  expect(
    lines.filter(({ msg }) => msg === 'the keys of an issuer could not be fetched or used'),
  ).toMatchObject([
    {
      level: 'warn',
      issuer: issuer.issuer,
      err: { message: 'Key "unsafe" is a point of small order.' },
    },
  ])
})

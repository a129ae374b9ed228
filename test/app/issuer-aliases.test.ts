import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { loadConfig } from '../../src/config.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { createTestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'

const alias = 'https://login.example.com/'
const audience = 'https://api.example'

let issuer: TestIssuer
let app: TestApp
const variables = () => ({
  JWT_ISSUERS: JSON.stringify([{ issuer: issuer.issuer, audience, aliases: [alias] }]),
})

beforeAll(async () => {
  issuer = await startIssuer()
  app = await createTestApp(variables())
})
afterAll(async () => {
  await app.close()
  await issuer.close()
})

const query = '{ viewer { userId credential { issuer } } }'
const tokenOf = (sub: string, iss: string) => issuer.sign({ sub, aud: audience, iss })
const newUser = (of: string, subject: string) => ({
  issuer: of,
  subject,
  email: null,
  name: null,
  scopes: [],
})

test('a token under an alias is of the same user, with the canonical issuer everywhere', async () => {
  const [first, second] = [
    await app.ask('{ viewer { id: subject issuer credential { issuer } } }', {
      as: await tokenOf('ada', alias),
    }),
    await app.ask('{ viewer { id: subject issuer credential { issuer } } }', {
      as: await tokenOf('ada', issuer.issuer),
    }),
  ]
  expect(first.body).toEqual(second.body)
  expect(first.body.data.viewer).toMatchObject({ issuer: issuer.issuer })
  const rows = await app.sql`select issuer from latchkey.users where subject = 'ada'`
  expect(rows).toEqual([{ issuer: issuer.issuer }])
  const verified = await app.fetch(
    new Request('http://latchkey.test/auth/verify', {
      headers: { authorization: `Bearer ${await tokenOf('ada', alias)}` },
    }),
  )
  expect(verified.headers.get('x-user-issuer')).toBe(issuer.issuer)
})

test('a user that was deleted stays refused under each name', async () => {
  await app.ask(query, { as: await tokenOf('gone', alias) })
  const user = await app.stores.users.findByIdentity(issuer.issuer, 'gone')
  await app.stores.users.delete(user?.id ?? '', operator)
  await app.waitForChanges()
  for (const name of [alias, issuer.issuer]) {
    expect((await app.ask(query, { as: await tokenOf('gone', name) })).status).toBe(401)
  }
})

describe('users under an alias', () => {
  const fault = {
    name: 'ConfigError',
    faults: [
      {
        variable: 'JWT_ISSUERS',
        message: expect.stringMatching(
          /^has the alias https:\/\/login.example.com\/, .*latchkey users merge-issuer https:\/\/login.example.com\/ http:\/\/127/,
        ),
      },
    ],
  }

  test('are a fault at the start that names the command', async () => {
    const database = await createTestDatabase()
    const start = () => createTestApp(variables(), { database })
    const before = await createTestApp({}, { database })
    const made = await before.stores.users.insert(newUser(alias, 'ada'), operator)
    await expect(start()).rejects.toMatchObject(fault)
    if (made === 'duplicate') throw new Error('There is that user already.')
    const merge = { alias, issuer: issuer.issuer, nullListsNothing: false, dryRun: false }
    await before.stores.mergeIssuer(merge, operator)
    const after = await start()
    expect((await after.ask(query, { as: await tokenOf('ada', alias) })).status).toBe(200)
    await after.close()
    await before.close()
  })

  test('are a fault of a reload, which then changes nothing', async () => {
    const other = await createTestApp()
    await other.stores.users.insert(newUser(alias, 'ada'), operator)
    const config = loadConfig({ ...variables(), DATABASE_URL: other.databaseUrl })
    await expect(other.reload(config)).rejects.toMatchObject(fault)
    await other.close()
  })
})

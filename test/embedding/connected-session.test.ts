import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Authentication } from '../../src/credentials/authenticator.ts'
import type { Latchkey } from '../../src/embedding/latchkey.ts'
import { operator, type ServiceUnavailableError, type SessionIdentity } from '../../src/index.ts'
import { connectLatchkey } from '../../src/postgres.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

let database: TestDatabase
let issuer: TestIssuer
let latchkey: Latchkey
let answer: SessionIdentity | null
const warnings: string[] = []

beforeAll(async () => {
  database = await createEmptyDatabase()
  issuer = await startIssuer()
  latchkey = await connectLatchkey({
    url: database.url,
    scopes: { 'read:orders': 'Read orders.' },
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
    session: { issuer: 'https://shop.example', identify: () => answer },
    log: { warn: (message) => warnings.push(message), info: () => {} },
  })
})
afterAll(async () => {
  await latchkey.close()
  await issuer.close()
  await database.close()
})

async function authenticate(headers: Record<string, string>): Promise<Authentication> {
  const found = await latchkey.authenticator.authenticate({
    method: 'POST',
    header: (name) => headers[name] ?? null,
    queryParameters: () => [],
  })
  const isOutage = found.kind === 'refused' && found.refusal.reason === 'unavailable'
  // A machine under load may have no connection free. A problem of the session does not pass.
  const isBusy = isOutage && (found.refusal.error as ServiceUnavailableError).reason !== 'session'
  return isBusy ? authenticate(headers) : found
}

const fromPage = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }

const noScopes =
  'Latchkey: A person who is signed in has no scopes, because `identify` returned no `scopes` and the grant of the user is null. Return `scopes`, set `defaultUserScopes` for new users, or set the grant. This message is written once.'

it('has users of the session and of the issuers, who make keys that are theirs', async () => {
  answer = { subject: 'ada', name: 'Ada' }
  expect(await authenticate(fromPage)).toMatchObject({
    kind: 'authenticated',
    principal: { issuer: 'https://shop.example', subject: 'ada', credential: { kind: 'SESSION' } },
  })
  expect(warnings).toEqual([noScopes])
  await authenticate(fromPage)
  expect(warnings).toEqual([noScopes])
  const user = await latchkey.users.get({ as: operator, subject: 'ada' })
  expect(user).toMatchObject({ issuer: 'https://shop.example', name: 'Ada' })
  const userId = user?.id ?? ''
  await latchkey.users.setScopes({ as: operator, userId, scopes: ['read:orders', 'write:keys'] })
  const found = await authenticate(fromPage)
  if (found.kind !== 'authenticated') throw new Error(found.kind)
  const made = await latchkey.keys.create({
    as: found.principal,
    name: 'CI',
    scopes: ['read:orders'],
  })
  const key = await authenticate({ authorization: `Bearer ${made.secret}` })
  expect(key).toMatchObject({ principal: { userId, credential: { kind: 'API_KEY' } } })

  const token = await issuer.sign({ sub: 'ada' })
  const other = await authenticate({ authorization: `Bearer ${token}` })
  expect(other).toMatchObject({ principal: { issuer: issuer.issuer, subject: 'ada' } })
  expect(other).not.toMatchObject({ principal: { userId } })
  await latchkey.users.create({ as: operator, issuer: issuer.issuer, subject: 'bob' })
})

it('refuses a session with a scope that is not in the catalogue, and logs it', async () => {
  answer = { subject: 'ada', scopes: ['read:orders', 'read:typo'] }
  expect(await authenticate(fromPage)).toMatchObject({
    kind: 'refused',
    refusal: { reason: 'unavailable' },
  })
  expect(warnings.join('\n')).toMatch(
    /session could not be read; .*`scopes` has "read:typo", which is not a scope that exists/,
  )
})

it('says how to return an id that is a number', async () => {
  answer = { subject: 17 } as unknown as SessionIdentity
  expect(await authenticate(fromPage)).toMatchObject({ kind: 'refused' })
  expect(warnings.at(-1)).toContain('Return it as a text, such as `String(user.id)`.')
})

it('logs once why a cookie is ignored', async () => {
  answer = { subject: 'ada' }
  const { length } = warnings
  const ignored: [Record<string, string>, RegExp][] = [
    [{ cookie: 'a=b' }, /Content-Type is not application\/json/],
    [{ cookie: 'a=b', 'content-type': 'application/json' }, /needs `Sec-Fetch-Site: same-origin`/],
  ]
  for (const [headers] of [...ignored, ...ignored]) {
    expect(await authenticate(headers)).toEqual({ kind: 'anonymous' })
  }
  expect(await authenticate({})).toEqual({ kind: 'anonymous' })
  const written = warnings.slice(length)
  expect(written).toEqual(ignored.map(([, message]) => expect.stringMatching(message)))
})

const nobody = () => null

it.each<[unknown, RegExp]>([
  [{ issuer: '', identify: nobody }, /issuer: must be 1 to 2048/],
  [{ issuer: 'https://a.example', identify: nobody, knownscopes: [] }, /does not exist/],
  ['cookie', /`session` must be an object/],
])('refuses settings that are not valid: %o', async (session, message) => {
  await expect(
    connectLatchkey({ url: database.url, scopes: {}, session: session as never }),
  ).rejects.toThrow(message)
})

it('refuses an issuer of the session that is one of JWTs', async () => {
  const same = { issuer: issuer.issuer, identify: nobody }
  const options = {
    url: database.url,
    scopes: {},
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
  }
  await expect(connectLatchkey({ ...options, session: same })).rejects.toThrow(
    /^session: issuer: is also an issuer of JWTs/,
  )
})

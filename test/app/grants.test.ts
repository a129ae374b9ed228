import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { loadConfig } from '../../src/config.ts'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { createAuthenticator } from '../../src/index.ts'
import { createLogger } from '../../src/log.ts'
import { connectDirectory } from '../../src/postgres.ts'
import { createApp } from '../../src/server/create-app.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'

const catalogue = [
  'read:users',
  'write:users',
  'read:keys',
  'write:keys',
  'manage:keys',
  'write:grants',
  'read:audit',
  'introspect:tokens',
]
let app: TestApp
/** A second issuer, which states grants in a claim. */
let stating: TestIssuer
/** A user whose stored grant has every scope. */
let root: string

beforeAll(async () => {
  stating = await startIssuer()
  app = await createTestApp({
    JWT_ISSUERS: JSON.stringify([
      {
        issuer: stating.issuer,
        audience: ['https://one.example', 'https://two.example'],
        jwksUri: stating.jwksUri,
        grantClaim: 'entitlements',
      },
    ]),
  })
  await app.user('root', catalogue)
  root = await app.jwt('root', catalogue)
})
afterAll(async () => {
  await app.close()
  await stating.close()
})

const second = (offset: number) => Math.floor(Date.now() / 1000) - 100 + offset

/** Signs a token of the second issuer; without `entitlements` it states no grant. */
const token = (sub: string, scopes: readonly string[], claims: object = {}) =>
  stating.sign({
    sub,
    scope: scopes.join(' '),
    aud: 'https://one.example',
    iat: second(0),
    ...claims,
  })

async function scopesOf(credential: string) {
  const { status, body } = await app.ask('{ viewer { scopes } }', { as: credential })
  return status === 200 ? body.data.viewer.scopes : status
}

async function setScopes(userId: string, scopes: unknown, as = root) {
  const { body } = await app.ask(
    'mutation ($input: SetUserScopesInput!) { setUserScopes(input: $input) { user { id } } }',
    { as, variables: { input: { userId, ...(scopes !== undefined && { scopes }) } } },
  )
  if (body.errors) return body.errors[0].extensions
  return (await app.stores.users.find(userId))?.scopes
}

async function createUser(input: object, as = root) {
  const { body } = await app.ask(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id issuer scopes } } }',
    { as, variables: { input } },
  )
  return body.data?.createUser?.user ?? body.errors[0].extensions
}

async function deleteUser(id: string) {
  const { body } = await app.ask(
    'mutation ($id: ID!) { deleteUser(input: { id: $id, force: true }) { deletedUserId } }',
    { as: root, variables: { id } },
  )
  expect(body.data.deleteUser.deletedUserId).toBe(id)
}

async function idOf(credential: string): Promise<string> {
  return (await app.ask('{ me { id } }', { as: credential })).body.data.me.id
}

const usual = ['read:keys', 'read:users', 'write:keys']

describe("an issuer's grant claim", () => {
  it('limits every credential of the user, including earlier tokens and keys', async () => {
    const early = await token('uma', usual, { entitlements: usual })
    const { body } = await app.ask(
      'mutation { createApiKey(input: { name: "k", scopes: ["read:users", "read:keys"] }) { secret } }',
      { as: early },
    )
    const { secret } = body.data.createApiKey
    const later = await token('uma', usual, {
      entitlements: 'read:keys write:users',
      iat: second(1),
    })
    expect(await scopesOf(later)).toEqual(['read:keys'])
    expect(await scopesOf(early)).toEqual(['read:keys'])
    expect(await scopesOf(secret)).toEqual(['read:keys'])
  })

  it('that is missing keeps the grant, that is empty empties it, that is older is ignored', async () => {
    const full = await token('vic', usual, { entitlements: usual })
    expect(await scopesOf(full)).toEqual(usual)
    expect(await scopesOf(await token('vic', usual, { iat: second(2) }))).toEqual(usual)
    expect(await scopesOf(await token('vic', usual, { entitlements: [], iat: second(1) }))).toEqual(
      [],
    )
    expect(await scopesOf(full)).toEqual([])
    expect(
      await scopesOf(await token('vic', usual, { entitlements: usual, iat: second(0) })),
    ).toEqual([])
    expect(
      await scopesOf(await token('vic', usual, { entitlements: ['read:users'], iat: second(3) })),
    ).toEqual(['read:users'])
  })

  it('is stored for each audience, and the grants of all count', async () => {
    const two = { aud: 'https://two.example' }
    await scopesOf(await token('wes', usual, { entitlements: ['read:users'] }))
    const other = await token('wes', usual, { ...two, entitlements: ['read:keys'], iat: second(1) })
    expect(await scopesOf(other)).toEqual(['read:keys', 'read:users'])
    await scopesOf(await token('wes', usual, { entitlements: [], iat: second(2) }))
    expect(await scopesOf(other)).toEqual(['read:keys'])
    await scopesOf(await token('wes', usual, { ...two, entitlements: [], iat: second(3) }))
    expect(await scopesOf(other)).toEqual([])
  })

  it('never widens a grant that an administrator narrowed, however new the token', async () => {
    const id = await idOf(await token('xia', usual, { entitlements: usual }))
    expect(await setScopes(id, ['read:users'])).toEqual(['read:users'])
    for (const offset of [1, 2]) {
      const next = await token('xia', catalogue, { entitlements: catalogue, iat: second(offset) })
      expect(await scopesOf(next)).toEqual(['read:users'])
    }
  })

  it('in an invalid form causes the token to be refused', async () => {
    expect(await scopesOf(await token('yan', usual, { entitlements: { admin: true } }))).toBe(401)
  })

  it('grants administrative scopes, which a missing grant never does', async () => {
    expect(await scopesOf(await token('zed', catalogue))).toEqual([
      'read:keys',
      'read:users',
      'write:keys',
      'write:users',
    ])
    const stated = await token('zed', catalogue, { entitlements: catalogue, iat: second(1) })
    expect(await scopesOf(stated)).toEqual([...catalogue].sort())
  })
})

describe('setUserScopes', () => {
  it('refuses a missing `scopes`, so that it never removes a grant by mistake', async () => {
    const { id } = await app.user('left-out', ['read:users'])
    expect(await setScopes(id, undefined)).toEqual({ code: 'BAD_USER_INPUT', field: 'scopes' })
    expect((await app.stores.users.find(id))?.scopes).toEqual(['read:users'])
  })

  it('adds no scope that its caller does not hold, and keeps existing ones', async () => {
    const { id } = await app.user('partly', ['read:users', 'write:users'])
    await app.user('granter', ['write:grants', 'read:keys'])
    const granter = await app.jwt('granter', ['write:grants', 'read:keys'])
    expect(await setScopes(id, ['read:users', 'read:keys'], granter)).toEqual([
      'read:keys',
      'read:users',
    ])
    expect(await setScopes(id, ['read:users', 'write:users', 'read:keys'], granter)).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['read:users', 'write:users'],
    })
    expect(await setScopes(id, [], granter)).toEqual([])
  })

  it('counts administrative scopes as added if there was no grant', async () => {
    const { id } = await app.user('no-ceiling', null)
    await app.user('narrow', ['write:grants'])
    const narrow = await app.jwt('narrow', ['write:grants'])
    expect(await setScopes(id, ['manage:keys'], narrow)).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['manage:keys'],
    })
    expect(await setScopes(id, ['read:users'], narrow)).toEqual(['read:users'])
  })

  it('removes a grant only for a caller who holds the whole catalogue', async () => {
    const { id } = await app.user('lifted', [])
    await app.user('almost', catalogue)
    const almost = await app.jwt('almost', catalogue.slice(0, -1))
    expect(await setScopes(id, null, almost)).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['introspect:tokens'],
    })
    expect(await setScopes(id, null)).toBeNull()
    expect((await app.stores.users.find(id))?.scopes).toBeNull()
  })

  it('answers NOT_FOUND for a missing user', async () => {
    for (const scopes of [null, [], ['read:users']]) {
      expect(await setScopes('6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a', scopes)).toEqual({
        code: 'NOT_FOUND',
      })
    }
  })

  it('uses the grant at the time of the change, not at the time of the request', async () => {
    const { id } = await app.user('raced', ['read:users', 'write:users'])
    await app.user('racer', ['write:grants', 'read:users'])
    const racer = await app.jwt('racer', ['write:grants', 'read:users'])
    let answer: ReturnType<typeof setScopes> | undefined
    await app.sql.begin(async (other) => {
      await other`update latchkey.users set scopes = '{}' where id = ${id}`
      answer = setScopes(id, ['read:users', 'write:users'], racer)
      await someoneWaits()
    })
    expect(await answer).toEqual({ code: 'FORBIDDEN', missingScopes: ['write:users'] })
    expect((await app.stores.users.find(id))?.scopes).toEqual([])
  })
})

describe('createUser', () => {
  let writer: string
  beforeAll(async () => {
    await app.user('writer', ['write:users', 'read:users', 'read:keys'])
    writer = await app.jwt('writer', ['write:users', 'read:users', 'read:keys'])
  })

  it('grants at most the scopes of its caller, and none by default', async () => {
    expect(await createUser({ subject: 'new-1' }, writer)).toMatchObject({ scopes: [] })
    expect(await createUser({ subject: 'new-2', scopes: ['read:users'] }, writer)).toMatchObject({
      scopes: ['read:users'],
    })
    const more = { subject: 'new-3', scopes: ['read:users', 'manage:keys'] }
    expect(await createUser(more, writer)).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['manage:keys'],
    })
    expect(await app.stores.users.findByIdentity(app.issuer.issuer, 'new-3')).toBeNull()
  })

  it('restores a deleted user with at most its former grant, unless the caller may grant', async () => {
    for (const subject of ['back-1', 'back-2']) {
      const { id } = await app.user(subject, ['read:keys'])
      await deleteUser(id)
    }
    const wider = { subject: 'back-1', scopes: ['read:keys', 'read:users'] }
    expect(await createUser(wider, writer)).toEqual({
      code: 'FORBIDDEN',
      missingScopes: ['read:users'],
    })
    expect(await scopesOf(await app.jwt('back-1', usual))).toBe(401)
    expect(await createUser({ subject: 'back-1', scopes: ['read:keys'] }, writer)).toMatchObject({
      scopes: ['read:keys'],
    })
    expect(await createUser({ ...wider, subject: 'back-2' })).toMatchObject({
      scopes: ['read:keys', 'read:users'],
    })
  })

  it('respects the tombstone of a user who is deleted during the request', async () => {
    const { id } = await app.user('late', ['read:keys'])
    let answer: ReturnType<typeof createUser> | undefined
    await app.sql.begin(async (other) => {
      await other`delete from latchkey.users where id = ${id}`
      answer = createUser({ subject: 'late', scopes: ['read:keys', 'read:users'] }, writer)
      await someoneWaits()
    })
    expect(await answer).toEqual({ code: 'FORBIDDEN', missingScopes: ['read:users'] })
    expect(await app.stores.users.findByIdentity(app.issuer.issuer, 'late')).toBeNull()
    expect(await scopesOf(await app.jwt('late', usual))).toBe(401)
  })

  it('grants DEFAULT_USER_SCOPES by default, within a tombstone', async () => {
    const own = await createTestApp({ DEFAULT_USER_SCOPES: 'read:users,read:keys' })
    await own.user('root', catalogue)
    const as = await own.jwt('root', ['read:users', 'write:users'])
    const make = async (subject: string) => {
      const { body } = await own.ask(
        'mutation ($s: ID!) { createUser(input: { subject: $s }) { user { scopes } } }',
        { as, variables: { s: subject } },
      )
      return body.data.createUser.user.scopes
    }
    expect(await make('fresh')).toEqual(['read:keys', 'read:users'])
    const { id } = await own.user('former', ['read:users'])
    await own.stores.users.delete(id, operator)
    await own.waitForChanges()
    expect(await make('former')).toEqual(['read:users'])
    await own.close()
  })
})

describe('two issuers with one subject', () => {
  it('are two users that share nothing', async () => {
    const here = await app.jwt('twin', usual, { iat: second(0) })
    const there = await token('twin', usual, { entitlements: ['read:users'] })
    const [hereId, thereId] = [await idOf(here), await idOf(there)]
    expect(hereId).not.toBe(thereId)
    expect(await scopesOf(here)).toEqual(usual)
    expect(await scopesOf(there)).toEqual(['read:users'])
    const key = await app.key('twin', usual)
    const seen = await app.ask('query ($id: ID!) { apiKey(id: $id) { id } }', {
      as: await token('twin', usual, { entitlements: usual, iat: second(1) }),
      variables: { id: key.id },
    })
    expect(seen.body).toEqual({ data: { apiKey: null } })
    await app.ask('mutation { signOutEverywhere { at } }', { as: key.secret })
    expect([await scopesOf(here), await scopesOf(there)]).toEqual([401, usual])
    await deleteUser(hereId)
    expect(await scopesOf(key.secret)).toBe(401)
    expect(await scopesOf(there)).toEqual(usual)
    expect(await createUser({ subject: 'twin', issuer: stating.issuer })).toEqual({
      code: 'CONFLICT',
    })
  })

  it('and a third issuer that is not configured has no users', async () => {
    expect(await createUser({ subject: 'x', issuer: 'https://else.example' })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'issuer',
    })
  })
})

describe('a user of a development issuer', () => {
  it('is refused outside development, by key and by JWT', async () => {
    const development = await startIssuer({ issuerPath: '/dev/issuer' })
    const named = JSON.stringify([
      { issuer: development.issuer, audience: 'https://api.example', jwksUri: development.jwksUri },
    ])
    for (const environment of [{ NODE_ENV: 'production' }, { JWT_ISSUERS: named }]) {
      const own = await createTestApp(environment)
      const user = await own.stores.users.insert(
        { issuer: development.issuer, subject: 'ada', email: null, name: null, scopes: catalogue },
        operator,
      )
      const key = generateKey('lk')
      await own.stores.keys.insert(
        {
          id: key.id,
          ownerId: user === 'duplicate' ? '' : user.id,
          parentId: null,
          name: 'left from development',
          description: null,
          scopes: ['read:users'],
          metadata: {},
          secretHash: createSecretHasher().hash(key.secret),
          secretPepper: '',
          createdAt: new Date(),
          expiresAt: null,
        },
        10,
        operator,
      )
      for (const as of [key.key, await development.sign({ sub: 'ada', scope: 'read:users' })]) {
        const { status, body } = await own.ask('{ viewer { subject } }', { as })
        expect([status, body.errors[0].message]).toEqual([401, 'The credential is not valid.'])
      }
      await own.close()
    }
    await development.close()
    expect(() =>
      loadConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://x/y', JWT_ISSUERS: named }),
    ).toThrow('development issuer')
  })
})

describe('a user of an issuer that is no longer configured', () => {
  it('is refused with every key, and the log of the start has the number of keys', async () => {
    const key = await app.key('left', ['read:users'])
    await app.key('left', ['read:users'], { name: 'another' })
    const revoked = await app.key('left', ['read:users'], { name: 'revoked' })
    await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${revoked.id}`
    await app.sql`update latchkey.users set issuer = 'https://removed."example' where subject = 'left'`
    const logged: string[] = []
    const without = await createApp(
      loadConfig({
        DATABASE_URL: app.databaseUrl,
        JWT_ISSUERS: JSON.stringify(
          [app.issuer, stating].map(({ issuer }) => ({ issuer, audience: 'https://api.example' })),
        ),
      }),
      { log: createLogger({ level: 'info', destination: { write: (line) => logged.push(line) } }) },
    )
    const answer = await without.fetch(
      new Request('http://latchkey.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key.secret },
        body: JSON.stringify({ query: '{ viewer { subject } }' }),
      }),
    )
    expect(answer.status).toBe(401)
    await without.close()
    expect(logged.filter((line) => line.includes('API keys are refused'))).toEqual([
      expect.stringContaining('"issuer":"https://removed.\\"example","keys":2,"atLeast":false'),
    ])
  })

  it('is refused in an embedding application too, unless it is configured otherwise', async () => {
    const key = await app.key('moved', ['read:users'])
    await app.sql`update latchkey.users set issuer = 'https://else.example' where subject = 'moved'`
    const directory = connectDirectory({ url: app.databaseUrl })
    const carrier = {
      header: (name: string) => (name === 'x-api-key' ? key.secret : null),
      queryParameters: () => [],
    }
    const issuers = [{ issuer: app.issuer.issuer, audience: 'https://api.example' }]
    for (const [options, kind] of [
      [{ issuers }, 'refused'],
      [{ issuers, trustsIssuer: () => true }, 'authenticated'],
      [{}, 'authenticated'],
    ] as const) {
      const authenticator = createAuthenticator({ directory, ...options })
      expect(await authenticator.authenticate(carrier)).toMatchObject({ kind })
      await authenticator.close()
    }
    await directory.close()
  })
})

async function someoneWaits(): Promise<void> {
  for (;;) {
    const [row] = await app.sql`select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    if (row?.waiting > 0) return
  }
}

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createAuthenticator } from '../../src/index.ts'
import { connectDirectory } from '../../src/postgres.ts'
import { createTestApp, errorOf, mutation, retryUnavailable, type TestApp } from '../support/app.ts'

const hour = 3_600_000
const whoAmI = '{ viewer { subject } }'
const all = ['read:users', 'read:keys', 'write:keys']
let app: TestApp
let alice: string
let admin: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  await app.user('admin', ['manage:keys', 'read:keys', 'read:users', 'write:keys'])
  alice = await app.jwt('alice', all)
  admin = await app.jwt('admin', ['manage:keys', ...all])
})
afterAll(() => app.close())

const mutate = (name: string, payload: string) => mutation(name, payload, () => app)
const keyFields = 'apiKey { id status previousSecret { expiresAt lastUsedAt } }'
const rotate = mutate('rotateApiKey', `${keyFields} secret`)
const expire = mutate('expirePreviousSecret', keyFields)
const revoke = mutate('revokeApiKey', 'apiKey { id }')
const revokeAll = mutate('revokeAllApiKeys', 'revokedCount')

const works = async (secret: string) => (await app.ask(whoAmI, { as: secret })).status === 200

async function previousSecretOf(id: string) {
  const { body } = await app.ask(
    'query ($id: ID!) { apiKey(id: $id) { previousSecret { expiresAt lastUsedAt } } }',
    { as: alice, variables: { id } },
  )
  return body.data.apiKey.previousSecret
}

describe('previousSecret', () => {
  it('is set during the grace period, and null before and afterwards', async () => {
    const { id } = await app.key('alice', ['read:users'])
    expect(await previousSecretOf(id)).toBeNull()
    const { body } = await rotate({ id, gracePeriodSeconds: 60 }, { as: alice }, app)
    const { previousSecret } = body.data.rotateApiKey.apiKey
    expect(Date.parse(previousSecret.expiresAt) - Date.now()).toBeGreaterThan(50_000)
    expect(Date.parse(previousSecret.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000)
    expect(previousSecret.lastUsedAt).toBeNull()
    app.advance(60_000)
    const over = await previousSecretOf(id)
    app.advance(-60_000)
    expect(over).toBeNull()
  })

  it('ends with the key itself', async () => {
    const { id } = await app.key('alice', ['read:users'], {
      expiresAt: new Date(Date.now() + hour).toISOString(),
    })
    const { body } = await rotate({ id }, { as: alice }, app)
    const { expiresAt } = body.data.rotateApiKey.apiKey.previousSecret
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + hour)
    await revoke({ id }, { as: alice }, app)
    expect(await previousSecretOf(id)).toBeNull()
  })
})

describe('expirePreviousSecret', () => {
  it('ends the grace period at once; the new secret still works', async () => {
    const { id, secret: old } = await app.key('alice', ['read:users'])
    const { secret } = (await rotate({ id }, { as: alice }, app)).body.data.rotateApiKey
    const { body } = await expire({ id }, { as: alice }, app)
    expect(body.data.expirePreviousSecret.apiKey.previousSecret).toBeNull()
    expect([await works(old), await works(secret)]).toEqual([false, true])
    const again = await expire({ id }, { as: alice }, app)
    expect(again.text).toBe((await expire({ id }, { as: alice }, app)).text)
    expect(again.body.errors).toBeUndefined()
    expect((await rotate({ id }, { as: alice }, app)).body.errors).toBeUndefined()
  })

  it('does not apply to a revoked key', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await rotate({ id }, { as: alice }, app)
    await revoke({ id }, { as: alice }, app)
    expect(errorOf(await expire({ id }, { as: alice }, app)).code).toBe('CONFLICT')
  })

  it("does not find another user's key, nor, with a key, one that is not its descendant", async () => {
    const bobs = await app.key('bob', ['read:users'])
    const sibling = await app.key('alice', ['read:users'])
    const key = await app.key('alice', all)
    const unknown = await expire({ id: generateKey('lk').id }, { as: admin }, app)
    for (const [id, as] of [
      [bobs.id, alice],
      [bobs.id, admin],
      [sibling.id, key.secret],
    ] as const) {
      expect((await expire({ id }, { as }, app)).text).toBe(unknown.text)
    }
    expect(errorOf(unknown)).toEqual({ status: 200, code: 'NOT_FOUND' })
  })
})

describe('a rotation', () => {
  it("never lets the old secret outlive the key's own expiry", async () => {
    const { id, secret: old } = await app.key('alice', ['read:users'], {
      expiresAt: new Date(Date.now() + hour).toISOString(),
    })
    const answer = await rotate({ id, gracePeriodSeconds: 30 * 24 * 3600 }, { as: alice }, app)
    expect(answer.body.errors).toBeUndefined()
    app.advance(hour + 1)
    const alive = [await works(old), await works(answer.body.data.rotateApiKey.secret)]
    app.advance(-hour - 1)
    expect(alive).toEqual([false, false])
  })
})

describe('revokeAllApiKeys', () => {
  const secretsOf = async (subject: string) =>
    Promise.all([1, 2, 3].map(() => app.key(subject, all))).then((keys) =>
      keys.map(({ secret }) => secret),
    )

  it('revokes all keys of the caller, including the presented one and every descendant', async () => {
    const [first = '', second = ''] = await secretsOf('carol')
    const child = await app.ask(
      'mutation { createApiKey(input: { name: "c", scopes: ["read:users"] }) { secret } }',
      { as: first },
    )
    const other = await app.key('dora', ['read:users'])
    const { body } = await revokeAll({ reason: 'laptop lost' }, { as: first }, app)
    expect(body).toEqual({ data: { revokeAllApiKeys: { revokedCount: 4 } } })
    for (const secret of [first, second, child.body.data.createApiKey.secret]) {
      expect(await works(secret)).toBe(false)
    }
    expect(await works(other.secret)).toBe(true)
    const carol = await app.jwt('carol', all)
    const keys = await app.ask('{ apiKeys { nodes { status revokedReason } } }', { as: carol })
    expect(new Set(keys.body.data.apiKeys.nodes.map(JSON.stringify))).toEqual(
      new Set([JSON.stringify({ status: 'REVOKED', revokedReason: 'laptop lost' })]),
    )
    const again = await revokeAll({}, { as: carol }, app)
    expect(again.body.data.revokeAllApiKeys.revokedCount).toBe(0)
  })

  it("revokes another user's keys only for a caller with manage:keys", async () => {
    const [secret = ''] = await secretsOf('erin')
    const erin = await app.stores.users.findByIdentity(app.issuer.issuer, 'erin')
    const refused = await revokeAll({ ownerId: erin?.id }, { as: alice }, app)
    expect(errorOf(refused)).toEqual({ status: 200, code: 'NOT_FOUND' })
    expect(await works(secret)).toBe(true)
    for (const ownerId of ['nobody', '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a']) {
      for (const as of [alice, admin]) {
        expect((await revokeAll({ ownerId }, { as }, app)).text).toBe(refused.text)
      }
    }
    const { body } = await revokeAll({ ownerId: erin?.id }, { as: admin }, app)
    expect(body.data.revokeAllApiKeys.revokedCount).toBe(3)
    expect(await works(secret)).toBe(false)
  })
})

describe('signOutEverywhere', () => {
  const signOut = 'mutation { signOutEverywhere { at } }'
  const at = (seconds: number) => ({ iat: Math.floor(Date.now() / 1000) + seconds })

  it("refuses the caller's JWTs issued before, but no later ones, no keys and no other users", async () => {
    const { secret } = await app.key('fay', all)
    const early = await app.jwt('fay', all, at(-60))
    const used = await app.jwt('fay', all, at(-5))
    const gina = await app.jwt('gina', all, at(-60))
    expect(await works(early)).toBe(true)
    const { body } = await app.ask(signOut, { as: used })
    expect(Math.abs(Date.parse(body.data.signOutEverywhere.at) - Date.now())).toBeLessThan(5000)
    for (const as of [early, used]) {
      const answer = await app.ask(whoAmI, { as })
      expect(answer.status).toBe(401)
      expect(answer.body.errors[0].message).toBe('The credential is not valid.')
    }
    expect(await works(secret)).toBe(true)
    expect(await works(gina)).toBe(true)
    app.advance(5_000)
    const later = await works(await app.jwt('fay', all, at(2)))
    app.advance(-5_000)
    expect(later).toBe(true)
  })

  it.each([
    ['of this second', 0],
    ['whose issuer is ahead', 4],
  ])(
    'ends the token %s that it is sent with; one issued right after works at once',
    async (_name, ahead) => {
      const subject = `ivy-${ahead}`
      const own = await app.jwt(subject, all, { ...at(ahead), jti: 'one' })
      const key = await app.key(subject, all)
      const [header = '', claims = '', signature = ''] = own.split('.')
      const twin = `${header}.${claims}.${otherSignature(signature)}`
      expect(await works(twin)).toBe(true)
      expect((await app.ask(signOut, { as: own })).body.errors).toBeUndefined()
      expect(await works(own)).toBe(false)
      expect(await works(twin)).toBe(false)
      const after = await app.jwt(subject, all, { ...at(0), jti: 'two' })
      expect(await works(after)).toBe(true)
      expect(await works(key.secret)).toBe(true)
      // This holds even if the second sign-out has the same time.
      expect((await app.ask(signOut, { as: after })).body.errors).toBeUndefined()
      expect(await works(after)).toBe(false)
      expect(await works(own)).toBe(false)
    },
  )

  it("ends another device's token of an issuer that is ahead when sent again after the tolerance", async () => {
    const [own, other] = [at(0), at(4)]
    const device = await app.jwt('kim', all, other)
    expect((await app.ask(signOut, { as: await app.jwt('kim', all, own) })).status).toBe(200)
    // It cannot be distinguished from one that is issued right after.
    expect(await works(device)).toBe(true)
    app.advance(6_000)
    const again = await app.ask(signOut, { as: await app.jwt('kim', all, at(5)) })
    const ended = !(await works(device))
    const later = await works(await app.jwt('kim', all, at(8)))
    app.advance(-6_000)
    expect(again.body.errors).toBeUndefined()
    expect([ended, later]).toEqual([true, true])
  })

  it('makes every node refuse the token that it was sent with', async () => {
    const directory = connectDirectory({ url: app.databaseUrl })
    const other = createAuthenticator({
      issuers: [{ issuer: app.issuer.issuer, audience: 'https://api.example' }],
      directory,
    })
    const as = await app.jwt('jane', all, at(4))
    const carrier = {
      header: (name: string) => (name === 'authorization' ? `Bearer ${as}` : null),
      queryParameters: () => [],
    }
    const kind = async () => (await other.authenticate(carrier)).kind
    expect(await kind()).toBe('authenticated')
    await app.ask(signOut, { as })
    await vi.waitFor(async () => expect(await kind()).toBe('refused'))
    await other.close()
    await directory.close()
  })

  it('can be sent with a key, and the sign-out time never decreases', async () => {
    const { secret } = await app.key('hana', all)
    const first = (await app.ask(signOut, { as: secret })).body.data.signOutEverywhere.at
    app.advance(-10_000)
    const second = (await app.ask(signOut, { as: secret })).body.data.signOutEverywhere.at
    app.advance(10_000)
    expect(second).toBe(first)
  })
})

describe('the scopes that a key used', () => {
  it('are those that its operations needed, and never scopes that it lacks', async () => {
    const own = await createTestApp()
    await own.user('root', [...all, 'manage:keys', 'write:grants'])
    const scopes = [...all, 'manage:keys']
    const quiet = await own.key('root', scopes)
    const busy = await own.key('root', scopes)
    const jwt = await own.jwt('root', scopes)
    for (const as of [busy.secret, jwt]) {
      await own.ask('{ users { totalCount } }', { as })
      await own.ask('{ apiKeys @skip(if: true) { totalCount } viewer { subject } }', { as })
      await own.ask('{ apiKeys { totalCount } auditEvents: users { totalCount } }', { as })
    }
    const refused = await own.ask(
      'mutation { createUser(input: { subject: "x" }) { user { id } } createApiKey(input: { name: "x", scopes: ["read:users"] }) { secret } }',
      { as: busy.secret },
    )
    expect(refused.status).toBe(403)
    await own.ask(whoAmI, { as: quiet.secret })
    await own.flush()
    const [used, none] = await own.stores.keys.findScopeUses([busy.id, quiet.id])
    expect(used?.map(({ scope }) => scope)).toEqual(['read:keys', 'read:users'])
    expect(used?.[0]?.lastUsedAt).toEqual(expect.any(Date))
    expect(none).toEqual([])
    await own.close()
  })

  it('include those that a rule about the operation used', async () => {
    const own = await createTestApp()
    await own.user('root', [...all, 'manage:keys', 'write:users'])
    const bobs = await own.key('bob', all)
    const manager = await own.key('root', [...all, 'manage:keys'])
    const maker = await own.key('root', [...all, 'manage:keys', 'write:users'])
    await revoke({ id: bobs.id }, { as: manager.secret }, own)
    await own.ask(
      'mutation { createApiKey(input: { name: "x", scopes: ["write:users"] }) { secret } }',
      { as: maker.secret },
    )
    await own.flush()
    const [managed, made] = await own.stores.keys.findScopeUses([manager.id, maker.id])
    expect(managed?.map(({ scope }) => scope)).toEqual(['manage:keys', 'write:keys'])
    expect(made?.map(({ scope }) => scope)).toEqual(['write:keys', 'write:users'])
    await own.close()
  })

  it('are shown beside those that it does not need', async () => {
    const { id } = await app.key('alice', all)
    const at = new Date('2030-01-02T03:04:05.678Z')
    await app.stores.directory.markUsed([
      {
        keyId: id,
        lastUsedAt: at,
        previousLastUsedAt: null,
        scopes: [{ scope: 'read:users', lastUsedAt: at }],
      },
    ])
    const { body } = await app.ask(
      'query ($id: ID!) { apiKey(id: $id) { usedScopes { scope lastUsedAt } unusedScopes } }',
      { as: alice, variables: { id } },
    )
    expect(body.data.apiKey).toEqual({
      usedScopes: [{ scope: 'read:users', lastUsedAt: at.toISOString() }],
      unusedScopes: ['read:keys', 'write:keys'],
    })
  })
})

describe('a lineage of keys', () => {
  it('has at most eight generations below its first key', async () => {
    let { secret } = await app.key('ida', all)
    const child = () =>
      app.ask(
        `mutation { createApiKey(input: { name: "c", scopes: ${JSON.stringify(all)} }) { secret } }`,
        { as: secret },
      )
    for (let depth = 1; depth <= 8; depth++) secret = (await child()).body.data.createApiKey.secret
    expect(errorOf(await child())).toEqual({ status: 200, code: 'CONFLICT' })
  })
})

describe('keys of a suspended user', () => {
  it('work again only after reactivation, and revoked ones never', async () => {
    const user = await app.user('jo')
    const kept = await app.key('jo', all)
    const revoked = await app.key('jo', all)
    await revoke({ id: revoked.id }, { as: await app.jwt('jo', all) }, app)
    const set = (mutation: string) =>
      app.ask(`mutation ($id: ID!) { ${mutation}(input: { id: $id }) { user { status } } }`, {
        as: writer,
        variables: { id: user.id },
      })
    await app.user('writer')
    const writer = await app.jwt('writer', ['write:users'])
    await set('suspendUser')
    expect([await works(kept.secret), await works(revoked.secret)]).toEqual([false, false])
    await app.ask(
      'mutation ($id: ID!) { updateUser(input: { id: $id, name: "Jo" }) { user { id } } }',
      {
        as: writer,
        variables: { id: user.id },
      },
    )
    await app.ask('mutation { createUser(input: { subject: "jo" }) { user { id } } }', {
      as: writer,
    })
    expect(await works(await app.jwt('jo', all))).toBe(false)
    expect(await works(kept.secret)).toBe(false)
    await set('reactivateUser')
    expect([await works(kept.secret), await works(revoked.secret)]).toEqual([true, false])
  })
})

describe('the limit of keys per user', () => {
  it('holds when a hundred are created concurrently at the limit', async () => {
    const limited = await createTestApp({ KEY_MAX_PER_USER: '3' })
    const as = await limited.jwt('kim', all)
    await limited.key('kim', ['read:users'])
    await limited.key('kim', ['read:users'])
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        retryUnavailable(() =>
          limited.ask(
            'mutation { createApiKey(input: { name: "x", scopes: ["read:users"] }) { secret } }',
            { as },
          ),
        ),
      ),
    )
    expect(answers.filter(({ body }) => body.data?.createApiKey)).toHaveLength(1)
    expect(new Set(answers.filter(({ body }) => body.errors).map((a) => errorOf(a).code))).toEqual(
      new Set(['CONFLICT']),
    )
    const [row] = await limited.sql`select count(*)::int as count from latchkey.api_keys`
    expect(row?.count).toBe(3)
    await limited.close()
  })
})

/** Returns the other valid ECDSA signature of the same text: (r, n - s) instead of (r, s). */
function otherSignature(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url')
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex')
  return Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')
}

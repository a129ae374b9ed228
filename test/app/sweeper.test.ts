import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deadSecretRetentionDays } from '../../src/keys/rules.ts'
import { sweepDeadSecrets } from '../../src/keys/sweeper.ts'
import { createTestApp, type TestApp } from '../support/app.ts'

const day = 24 * 3_600_000
const all = ['read:users', 'read:keys', 'write:keys']
let app: TestApp
let alice: string

beforeAll(async () => {
  app = await createTestApp()
  await app.user('alice')
  alice = await app.jwt('alice', all)
})
afterAll(() => app.close())

const sweep = (days: number) => sweepDeadSecrets(app.stores.keys, Date.now() + days * day)
const mutate = (mutation: string, id: string) =>
  app.ask(`mutation ($id: ID!) { ${mutation} }`, { as: alice, variables: { id } })
const revoke = (id: string) => mutate('revokeApiKey(input: { id: $id }) { apiKey { id } }', id)

async function hashes(id: string) {
  const [row] = await app.sql`select length(secret_hash) as secret,
    length(previous_secret_hash) as previous from latchkey.api_keys where id = ${id}`
  return { ...row }
}

async function refusalMessage(secret: string) {
  const { status, body } = await app.ask('{ viewer { subject } }', { as: secret })
  return status === 200 ? 'welcome' : body.errors[0].message
}

describe('the hash of a dead secret', () => {
  it('of a revoked key is kept for a while, so that its holder gets the reason, and then erased', async () => {
    const { id, secret } = await app.key('alice', all)
    await revoke(id)
    await sweep(deadSecretRetentionDays - 1)
    expect(await refusalMessage(secret)).toBe('The API key was revoked.')
    expect(await sweep(deadSecretRetentionDays + 1)).toBeGreaterThan(0)
    expect(await hashes(id)).toEqual({ secret: 0, previous: null })
    expect(await refusalMessage(secret)).toBe('The credential is not valid.')
  })

  it('of an expired key is too, and no change by hand makes the key work again', async () => {
    const { id, secret } = await app.key('alice', all, {
      expiresAt: new Date(Date.now() + 1000).toISOString(),
    })
    await sweep(deadSecretRetentionDays + 1)
    expect(await hashes(id)).toEqual({ secret: 0, previous: null })
    await app.byHand`update latchkey.api_keys set expires_at = null where id = ${id}`
    expect(await refusalMessage(secret)).toBe('The credential is not valid.')
    await mutate('rotateApiKey(input: { id: $id }) { secret }', id)
    expect((await hashes(id)).previous).toBe(0)
    expect(await refusalMessage(secret)).toBe('The credential is not valid.')
  })

  it('of a previous secret is erased when the grace period ends; the new one stays', async () => {
    const { id } = await app.key('alice', all)
    const { body } = await mutate('rotateApiKey(input: { id: $id }) { secret }', id)
    await sweep(0)
    expect(await hashes(id)).toEqual({ secret: 32, previous: 32 })
    await sweep(1.1)
    expect(await hashes(id)).toEqual({ secret: 32, previous: null })
    expect(await refusalMessage(body.data.rotateApiKey.secret)).toBe('welcome')
  })

  it('is all that is erased: the owner can still read the key and its history', async () => {
    const { id } = await app.key('alice', all)
    const query =
      'query ($id: ID!) { apiKey(id: $id) { name scopes status revokedAt lastUsedAt usedScopes { scope } } }'
    await revoke(id)
    const before = await app.ask(query, { as: alice, variables: { id } })
    await sweep(deadSecretRetentionDays + 1)
    expect((await hashes(id)).secret).toBe(0)
    expect((await app.ask(query, { as: alice, variables: { id } })).text).toBe(before.text)
    const events = await app.sql`select type from latchkey.audit_events where target_id = ${id}`
    expect(events.map(({ type }) => type)).toEqual(['api_key.created', 'api_key.revoked'])
  })
})

describe('a sweep', () => {
  it('handles more keys than fit one statement, and ends', async () => {
    const [row] = await app.sql`select id from latchkey.users where subject = 'alice'`
    await app.sql`insert into latchkey.api_keys (id, owner_id, name, scopes, secret_hash, revoked_at)
      select lpad(n::text, 16, '0'), ${row?.id}, 'x', '{a}', sha256(n::text::bytea), '2020-01-01'
      from generate_series(1, 1201) as n`
    expect(await sweep(0)).toBe(1201)
    expect(await sweep(0)).toBe(0)
  })

  it('is done by one node at a time', async () => {
    const { id } = await app.key('alice', all)
    await revoke(id)
    await app.sql.begin(async (other) => {
      await other`select pg_advisory_xact_lock(1818326115, 4)`
      expect(await sweep(deadSecretRetentionDays + 1)).toBe(0)
    })
    expect((await hashes(id)).secret).toBe(32)
    expect(await sweep(deadSecretRetentionDays + 1)).toBeGreaterThan(0)
  })
})

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rehash } from '../../src/credentials/directory.ts'
import type { User } from '../../src/users/user.ts'
import { ada, later, now, openStores, type StoreFixture } from './store-fixture.ts'

let stores: StoreFixture
let owner: User

beforeAll(async () => {
  stores = await openStores()
  owner = await stores.makeUser()
})
afterAll(() => stores.close())

const key = (secretPepper: string, values = {}) =>
  stores.makeKey(owner, { secretPepper, secretHash: randomBytes(32), ...values })

async function stored(id: string) {
  const [row] = await stores.sql`
    select secret_hash, secret_pepper, previous_secret_hash, previous_secret_pepper, revoked_at
    from latchkey.api_keys where id = ${id}`
  return {
    current: [row?.secret_hash && Buffer.from(row.secret_hash), row?.secret_pepper],
    previous: [
      row?.previous_secret_hash && Buffer.from(row.previous_secret_hash),
      row?.previous_secret_pepper,
    ],
  }
}

describe('peppers that keys are stored under', () => {
  const usage = (known: string[] = []) => stores.peppers.usage(known, now)
  const of = async (fingerprint: string | null) =>
    (await usage()).find((one) => one.fingerprint === fingerprint)

  it('are found by fingerprint, with the number of keys that work', async () => {
    await key('aaaa')
    await key('aaaa')
    await key('bbbb')
    await key('')
    const expired = await key('cccc', { expiresAt: later(-1) })
    const revoked = await key('dddd')
    await stores.keys.revoke(revoked.id, null, now, ada)
    expect(await stores.peppers.findMissing(['aaaa'], now)).toEqual([
      { fingerprint: 'bbbb', keys: 1 },
    ])
    expect(await stores.peppers.findMissing([], now)).toEqual([
      { fingerprint: 'aaaa', keys: 2 },
      { fingerprint: 'bbbb', keys: 1 },
    ])
    // The key had not expired then.
    expect(await stores.peppers.findMissing(['aaaa', 'bbbb'], later(-2))).toEqual([
      { fingerprint: 'cccc', keys: 1 },
    ])
    expect(expired.expiresAt).toEqual(later(-1))
  })

  it('count keys from before fingerprints existed, and the latest use', async () => {
    const before = await key('eeee')
    await stores.sql`update latchkey.api_keys set secret_pepper = null where id = ${before.id}`
    const used = await key('ffff')
    await key('ffff')
    const use = { keyId: used.id, lastUsedAt: later(7), previousLastUsedAt: null, scopes: [] }
    await stores.directory.markUsed([use])
    const none = { keys: 1, previousSecrets: 0, lastUsedAt: null }
    expect(await of(null)).toEqual({ fingerprint: null, ...none })
    expect(await of('')).toEqual({ fingerprint: '', ...none })
    expect(await of('ffff')).toEqual({
      fingerprint: 'ffff',
      keys: 2,
      previousSecrets: 0,
      lastUsedAt: later(7),
    })
  })

  it('follow the secrets through a rotation, its grace period and its end', async () => {
    const { id } = await key('1111')
    const rotation = {
      secretHash: randomBytes(32),
      secretPepper: '2222',
      now,
      force: false,
      heldScopes: null,
    }
    await stores.keys.rotate(id, { ...rotation, previousExpiresAt: later(60) }, ada)
    expect(await of('1111')).toMatchObject({ keys: 0, previousSecrets: 1 })
    const missing = async (at: Date) =>
      (await stores.peppers.findMissing(['aaaa', 'bbbb', 'ffff'], at)).map(
        ({ fingerprint }) => fingerprint,
      )
    expect(await missing(now)).toEqual(['1111', '2222'])
    expect(await missing(later(61))).toEqual(['2222'])
    await stores.keys.expirePrevious(id, later(1), ada)
    expect((await stored(id)).previous).toEqual([null, null])
    expect(await of('1111')).toBe(undefined)
    await stores.keys.rotate(id, { ...rotation, previousExpiresAt: now, secretPepper: '3333' }, ada)
    expect((await stored(id)).previous).toEqual([null, null])
    expect((await stored(id)).current[1]).toBe('3333')
  })

  it('are removed with the hashes of secrets that no longer work', async () => {
    const { id } = await key('4444')
    await stores.keys.rotate(
      id,
      {
        secretHash: randomBytes(32),
        secretPepper: '5555',
        now,
        previousExpiresAt: later(60),
        force: false,
        heldScopes: null,
      },
      ada,
    )
    await stores.keys.revoke(id, null, now, ada)
    await stores.keys.eraseDeadSecrets({ grace: later(120), death: later(120) })
    expect(await stored(id)).toEqual({ current: [Buffer.alloc(0), null], previous: [null, null] })
  })
})

describe('a hash of the same secret under another pepper', () => {
  const to = randomBytes(32)
  const rehash = (id: string, from: Buffer): Rehash => ({ keyId: id, from, to, pepper: 'new' })
  const write = (...rehashes: Rehash[]) => stores.directory.rehash?.(rehashes)
  const made = async () => {
    const secretHash = randomBytes(32)
    return { from: secretHash, id: (await key('old', { secretHash })).id }
  }

  it('takes its place', async () => {
    const { id, from } = await made()
    const other = await made()
    await write(rehash(id, from))
    expect((await stored(id)).current).toEqual([to, 'new'])
    expect((await stored(other.id)).current).toEqual([other.from, 'old'])
  })

  it('takes its place where a rotation has made it the previous one, and nowhere else', async () => {
    const { id, from } = await made()
    const rotated = randomBytes(32)
    await stores.keys.rotate(
      id,
      {
        secretHash: rotated,
        secretPepper: 'old',
        now,
        previousExpiresAt: later(60),
        force: false,
        heldScopes: null,
      },
      ada,
    )
    await write(rehash(id, from))
    expect(await stored(id)).toEqual({ current: [rotated, 'old'], previous: [to, 'new'] })
  })

  it('does not overwrite a secret that was stored in between', async () => {
    const { id, from } = await made()
    const rotated = randomBytes(32)
    await stores.keys.rotate(
      id,
      {
        secretHash: rotated,
        secretPepper: 'old',
        now,
        previousExpiresAt: now,
        force: false,
        heldScopes: null,
      },
      ada,
    )
    await write(rehash(id, from))
    expect(await stored(id)).toEqual({ current: [rotated, 'old'], previous: [null, null] })
  })

  it('is not written during a rotation, and does not overwrite its new secret', async () => {
    const { id, from } = await made()
    const rotated = randomBytes(32)
    await stores.sql.begin(async (transaction) => {
      await transaction`update latchkey.api_keys set secret_hash = ${rotated} where id = ${id}`
      await write(rehash(id, from))
    })
    await write(rehash(id, from))
    expect((await stored(id)).current).toEqual([rotated, 'old'])
  })

  it('changes nothing of a key that was revoked, or whose hash was erased', async () => {
    const { id, from } = await made()
    await stores.keys.revoke(id, null, now, ada)
    await write(rehash(id, from))
    expect((await stored(id)).current).toEqual([from, 'old'])
    await stores.keys.eraseDeadSecrets({ grace: later(120), death: later(120) })
    await write(rehash(id, from))
    expect((await stored(id)).current).toEqual([Buffer.alloc(0), null])
  })

  it('is not recorded in the audit trail', async () => {
    const { id, from } = await made()
    await write(rehash(id, from))
    expect((await stores.events(id)).map(({ type }) => type)).toEqual(['api_key.created'])
  })
})

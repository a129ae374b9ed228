import { createHash, randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuard, type ImportedKeyForm, type LatchkeyError, operator } from '../../src/index.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'

/* Keys of another key system: they are recognised by their form, and stored like secrets of this system. */

const handMade: ImportedKeyForm = { prefix: 'sk_live_', length: 48 }
/** Keys of better-auth have no prefix, and are stored as the SHA-256 in base64url. */
const betterAuth: ImportedKeyForm = { prefix: '', length: 64 }
const importedKeyForms = [handMade, betterAuth]

const newKey = () => `sk_live_${randomBytes(30).toString('base64url')}`
const letters = (length: number) =>
  Array.from(randomBytes(length), (byte) => String.fromCharCode(97 + (byte % 26))).join('')
const sha256 = (text: string, encoding: 'hex' | 'base64url') =>
  createHash('sha256').update(text).digest(encoding)
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

describe.each([
  ['without a pepper', []],
  ['with a pepper', ['first', 'second']],
])('%s', (_name, keyPeppers) => {
  let instance: TestInstance
  let sql: postgres.Sql
  let ownerId: string
  beforeAll(async () => {
    instance = await createTestInstance({ importedKeyForms, keyPeppers })
    sql = postgres(instance.url)
    ownerId = (await instance.signIn('ada', ['read:orders', 'write:keys'])).userId
  })
  afterAll(async () => {
    await sql.end()
    await instance.close()
  })

  const usual = () => ({ ownerId, name: 'CI', scopes: ['read:orders'], expiresAt: inDays(90) })
  const importOne = (key: object, form = handMade) =>
    instance.keys.import({ as: operator, form, keys: [{ ...usual(), ...key }] })

  it('a key works with its own text, in both headers, until it is revoked', async () => {
    const key = newKey()
    const { keys, alreadyImported } = await importOne({ key })
    expect(alreadyImported).toBe(0)
    expect(await instance.admit(key)).toMatchObject({
      subject: 'ada',
      scopes: new Set(['read:orders']),
      credential: { kind: 'API_KEY', id: keys[0]?.id, name: 'CI' },
    })
    const byHeader = await instance.authenticator.authenticate({
      header: (name) => (name === 'x-api-key' ? key : null),
      queryParameters: () => [],
    })
    expect(byHeader).toMatchObject({ kind: 'authenticated' })
    await instance.keys.revoke({ as: operator, id: keys[0]?.id ?? '' })
    await expect(instance.admit(key)).rejects.toThrow('revoked')
  })

  it('a key of better-auth works, of which only the SHA-256 is known', async () => {
    for (const encoding of ['hex', 'base64url'] as const) {
      const key = letters(64)
      await importOne({ sha256: sha256(key, encoding) }, betterAuth)
      expect(await instance.admit(key)).toMatchObject({ subject: 'ada' })
    }
  })

  it('is imported once', async () => {
    const key = newKey()
    await importOne({ key })
    const again = await importOne({ sha256: sha256(key, 'hex') })
    expect(again).toEqual({ keys: [], alreadyImported: 1 })
    // The key stays that of its owner, with its scopes, also within one call and at the same time.
    const other = (await instance.signIn('bob', ['read:orders'])).userId
    const stolen = await importOne({ key, ownerId: other })
    expect(stolen).toEqual({ keys: [], alreadyImported: 1 })
    expect(await instance.admit(key)).toMatchObject({ subject: 'ada' })
    const twice = newKey()
    const copies = [twice, twice].map((key) => ({ ...usual(), key }))
    const both = await Promise.all([
      instance.keys.import({ as: operator, form: handMade, keys: copies }),
      instance.keys.import({ as: operator, form: handMade, keys: copies }),
    ])
    expect(both.flatMap(({ keys }) => keys)).toHaveLength(1)
  })

  it('stores a hash of the SHA-256, under the pepper if there is one', async () => {
    const key = newKey()
    const { keys } = await importOne({ key })
    const id = keys[0]?.id ?? ''
    const [row] = await sql`select * from latchkey.api_keys where id = ${id}`
    const digest = sha256(key, 'hex')
    const text = JSON.stringify(row)
    for (const secret of [key, key.slice(8), digest]) expect(text).not.toContain(secret)
    expect(row?.secret_hash.toString('hex')).not.toBe(digest)
    expect(row?.secret_pepper === '').toBe(keyPeppers.length === 0)
    expect(id).toMatch(/^[0-9A-Za-z]{16}$/)
    const [{ details }] = (await sql`
      select details from latchkey.audit_events where target_id = ${id}`) as unknown as [
      { details: object },
    ]
    expect(JSON.stringify(details)).not.toContain(digest)
    // The stored hash is not a credential.
    await expect(instance.admit(digest)).rejects.toThrow()
  })

  it('becomes a key of this system when it is rotated, and works in the grace period', async () => {
    const key = newKey()
    const { keys } = await importOne({ key })
    const id = keys[0]?.id ?? ''
    const { secret } = await instance.keys.rotate({ as: operator, id })
    expect(secret).toMatch(new RegExp(`^lk_${id}_`))
    expect(await instance.admit(secret)).toMatchObject({ credential: { id } })
    expect(await instance.admit(key)).toMatchObject({ credential: { id } })
    await instance.keys.expirePrevious({ as: operator, id })
    await expect(instance.admit(key)).rejects.toThrow('not valid')
    expect(await instance.admit(secret)).toMatchObject({ credential: { id } })
  })

  it('refuses an import that is not valid, without repeating the key', async () => {
    const key = newKey()
    const faults: [object, ImportedKeyForm, string][] = [
      [{ key: `${key}x` }, handMade, 'does not have the form'],
      [{ key: key.replace('sk', 'pk') }, handMade, 'does not have the form'],
      [{ key: `${key.slice(0, -1)}.` }, handMade, 'does not have the form'],
      [{}, handMade, 'either `key` or `sha256`'],
      [{ key, sha256: sha256(key, 'hex') }, handMade, 'either `key` or `sha256`'],
      [{ sha256: key }, handMade, 'is not a SHA-256'],
      [{ key, expiresAt: null }, handMade, 'is required'],
      [{ key, expiresAt: new Date(Number.NaN) }, handMade, 'expiresAt'],
      [{ key, expires: inDays(90) }, handMade, 'expires'],
      [{ key, expiresAt: inDays(181) }, handMade, 'at most 180 days'],
      [{ key, expiresAt: inDays(-1) }, handMade, 'in the past'],
      [{ key, scopes: ['unknown'] }, handMade, 'unknown'],
      [{ key }, { prefix: 'sk_live_', length: 49 }, '`form` must be one of'],
    ]
    for (const [change, form, message] of faults) {
      const error = await importOne(change, form).catch((error: Error) => error)
      expect(error).toBeInstanceOf(Error)
      expect((error as Error).message).toContain(message)
      expect((error as Error).message).not.toContain(key.slice(8, 30))
    }
    await expect(instance.admit(key)).rejects.toThrow('not valid')
    const principal = await instance.signIn('ada', ['read:orders', 'write:keys'])
    await expect(instance.keys.import({ as: principal, form: handMade, keys: [] })).rejects.toThrow(
      'for `operator`',
    )
  })

  it('counts an unknown key of the form as a failed attempt, and asks the database once', async () => {
    const guard = createGuard({
      authenticator: instance.authenticator,
      clientAddress: () => '192.0.2.7',
      failuresPerMinute: 3,
    })
    const attempt = async (text: string, headers?: Record<string, string>): Promise<unknown> => {
      const request = new Request('https://a.example', {
        headers: headers ?? { authorization: `Bearer ${text}` },
      })
      try {
        return await guard.authenticate(request)
      } catch (error) {
        return (error as LatchkeyError).status
      }
    }
    const statuses = []
    for (let n = 0; n < 5; n += 1) statuses.push(await attempt(newKey()))
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    const known = newKey()
    await importOne({ key: known })
    expect(await attempt(known)).toMatchObject({ subject: 'ada' })
    // Without a scheme it is refused, and not taken for the name of a scheme.
    expect(await attempt('', { authorization: known })).toBe(429)
    expect(await attempt('', { authorization: `Bearer ${known}`, 'x-api-key': known })).toBe(400)
  })
})

it('without a form configured, nothing has it', async () => {
  const instance = await createTestInstance()
  await expect(instance.admit(newKey())).rejects.toThrow('not valid')
  await instance.close()
})

it.each<[unknown, string]>([
  [{ prefix: 'lk_', length: 64 }, 'must not have a `prefix` that begins with `lk_`'],
  [{ prefix: 'lk_old_', length: 64 }, 'must not have a `prefix` that begins with `lk_`'],
  [{ prefix: 'l', length: 64 }, 'with which `lk_`'],
  [{ prefix: 'lk', length: 64 }, 'with which `lk_`'],
  [{ prefix: 'sk_', length: 34 }, 'at least 32 random characters'],
  [{ prefix: 'sk_', length: 513 }, 'at most 512'],
  [{ prefix: 'sk.', length: 64 }, 'letters, digits, `_` and `-`'],
  [{ prefix: 'a b', length: 64 }, 'letters, digits, `_` and `-`'],
  [{ length: 64 }, 'must have a `prefix`'],
  [null, 'must have a `prefix`'],
])('refuses the form %o', async (form, message) => {
  await expect(createTestInstance({ importedKeyForms: [form] as never })).rejects.toThrow(message)
})

import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { withDatabase } from '../../src/cli/database.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { commandsOnDatabase } from './on-database.ts'
import { run } from './run.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>
let ownerId: string

beforeAll(async () => {
  cli = await commandsOnDatabase()
  ownerId = (await cli.user('ada')).id
})
afterAll(() => cli.close())

const fingerprint = (pepper: string) => createSecretHasher([pepper]).pepper

async function makeKey(pepper: string): Promise<string> {
  const id = randomBytes(8).toString('hex')
  await cli.keys.insert(
    {
      id,
      ownerId,
      parentId: null,
      name: 'x',
      description: null,
      scopes: ['read:users'],
      metadata: {},
      secretHash: randomBytes(32),
      secretPepper: pepper === '' ? '' : fingerprint(pepper),
      createdAt: new Date(),
      expiresAt: null,
    },
    100,
    operator,
  )
  return id
}

function peppers(KEY_PEPPER: string, ...words: string[]) {
  const environment = { DATABASE_URL: cli.url, KEY_PEPPER }
  return run(['keys', 'peppers', ...words], { environment, withDatabase, now: Date.now })
}

describe('keys peppers', () => {
  test('shows how many keys need each pepper, and which peppers may be removed', async () => {
    const old = await makeKey('old')
    await makeKey('new')
    await makeKey('')
    const seen = async () => {
      const { code, out } = await peppers('new,old,oldest', '--json')
      expect(code).toBe(0)
      return JSON.parse(out).peppers
    }
    const none = { previousSecrets: 0, lastUsedAt: null, removable: false }
    const expected = [
      { ...none, fingerprint: fingerprint('new'), position: 1, keys: 1 },
      { ...none, fingerprint: fingerprint('old'), position: 2, keys: 1 },
      { ...none, fingerprint: fingerprint('oldest'), position: 3, keys: 0, removable: true },
      { ...none, fingerprint: '', position: null, keys: 1 },
    ]
    expect(await seen()).toMatchObject(expected)
    await cli.keys.revoke(old, null, new Date(), operator)
    expect((await seen())[1]).toMatchObject({ keys: 0, removable: true })
  })

  test('shows a table with the missing peppers and without the peppers themselves', async () => {
    await makeKey('lost')
    const { code, out, err } = await peppers('new,old')
    expect([code, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^FINGERPRINT +POSITION +KEYS +PREVIOUS SECRETS +LAST USED +NOTE$/)
    expect(lines[1]).toMatch(new RegExp(`^${fingerprint('new')} +1 .*hashes new secrets$`))
    expect(lines[2]).toMatch(new RegExp(`^${fingerprint('old')} +2 .*may be removed`))
    expect(lines.find((line) => line.startsWith(fingerprint('lost')))).toMatch(
      /add it to KEY_PEPPER again/,
    )
    expect(lines.find((line) => line.startsWith('(none)'))).toMatch(/stored without a pepper/)
    expect(out).not.toMatch(/\b(new,|lost|old)\b/)
  })

  test('keeps every pepper while keys have no fingerprint', async () => {
    const id = await makeKey('')
    const sql = postgres(cli.url, { max: 1 })
    await sql`update latchkey.api_keys set secret_pepper = null where id = ${id}`
    await sql.end()
    const { out } = await peppers('new,old')
    expect(out).toMatch(new RegExp(`${fingerprint('old')} +2 .*may be stored under it`))
    expect(out).toMatch(/\(unknown\) +- +1 /)
  })
})

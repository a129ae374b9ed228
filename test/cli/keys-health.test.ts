import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { healthTimes } from '../../src/keys/health.ts'
import { commandsOnDatabase } from './on-database.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>

beforeAll(async () => {
  cli = await commandsOnDatabase()
})
afterAll(() => cli.close())

describe('keys health', () => {
  const day = 86_400_000

  test('lists the keys of all users with their owners, by finding', async () => {
    const [one, other] = [await cli.user('health-1'), await cli.user('health-2')]
    for (const owner of ['health-1', 'health-2']) {
      await create(owner, '--scopes', 'read:users', '--expires-in', '3d')
    }
    await cli.users.setStatus(other.id, 'SUSPENDED', null, operator)
    const { code, out } = await cli.run('keys', 'health', '--finding', 'expires-soon', 'idle')
    expect(code).toBe(0)
    expect(out).toMatch(/^idle: 0 keys\n\nexpires-soon: 2 keys\nID +OWNER +NAME /)
    expect(out).toMatch(/^\w{16} +health-1 +ci +\d{4}-/m)

    const json = await cli.run('keys', 'health', '--owner', 'health-2', '--json')
    const { findings } = JSON.parse(json.out)
    const kinds = ['NEVER_EXPIRES', 'IDLE', 'UNUSED_SCOPES', 'EXPIRES_SOON']
    expect(findings.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...kinds,
      'PREVIOUS_SECRET_USED',
      'OWNER_SUSPENDED',
    ])
    const suspended = findings.at(-1)
    expect(suspended).toMatchObject({ count: 1, more: false })
    expect(suspended.keys[0]).toMatchObject({ ownerId: other.id, status: 'ACTIVE' })
    expect(one.id).not.toBe(other.id)
  })

  test('counts the keys that --limit leaves out', async () => {
    const { id } = await cli.user('health-3')
    for (let n = 0; n < 3; n++) await create('health-3', '--scopes', 'read:users')
    const found = ['keys', 'health', '--owner', id, '--finding', 'never-expires', '--limit', '2']
    const { out, err } = await cli.run(...found)
    expect(out).toMatch(/^never-expires: 3 keys\n/)
    expect(out.trimEnd().split('\n')).toHaveLength(4)
    expect(err).toContain('There are more keys')
    const filter = { ownerId: id, times: healthTimes(new Date(Date.now() + 91 * day)) }
    expect(await cli.keys.countFound('IDLE', filter)).toBe(3)
  })
})

function create(owner: string, ...words: string[]) {
  const name = words.includes('--name') ? [] : ['--name', 'ci']
  return cli.run('keys', 'create', '--owner', owner, ...name, ...words)
}

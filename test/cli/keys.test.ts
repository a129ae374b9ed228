import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { parseKey } from '../../src/credentials/key-form.ts'
import { commandsOnDatabase } from './on-database.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>

beforeAll(async () => {
  cli = await commandsOnDatabase()
})
afterAll(() => cli.close())

describe('keys create', () => {
  test('prints a key of that owner, and only the key, to standard output', async () => {
    const { id } = await cli.user('create-1')
    const { code, out, err } = await create(
      'create-1',
      '--scopes',
      'read:users',
      '--scopes',
      'read:keys',
    )
    expect(code).toBe(0)
    const key = parseKey(out.trim(), 'lk')
    expect(out).toBe(`${out.trim()}\n`)
    expect(err).toContain(key?.id)
    expect(err).not.toContain(key?.secret)
    expect(await cli.keys.find(key?.id ?? '')).toMatchObject({
      ownerId: id,
      name: 'ci',
      scopes: ['read:keys', 'read:users'],
      parentId: null,
      expiresAt: null,
    })
  })

  test('--json prints the key and its stored form', async () => {
    await cli.user('create-2')
    const before = Date.now()
    const words = ['--scopes', 'read:users', '--expires-in', '90d', '--metadata', '{"team":"x"}']
    const { out, err } = await create('create-2', ...words, '--description', 'for CI', '--json')
    const { key, apiKey } = JSON.parse(out)
    expect(err).toBe('')
    expect(parseKey(key, 'lk')?.id).toBe(apiKey.id)
    expect(apiKey).toMatchObject({
      status: 'ACTIVE',
      metadata: { team: 'x' },
      description: 'for CI',
    })
    const lifetime = Date.parse(apiKey.expiresAt) - before
    expect(Math.round(lifetime / 86_400_000)).toBe(90)
  })

  test.each([
    ['2095-02-28', '2095-02-28T00:00:00.000Z'],
    ['2095-02-28T12:30+02:00', '2095-02-28T10:30:00.000Z'],
    ['2095-02-28T12:30:15.5Z', '2095-02-28T12:30:15.500Z'],
  ])('--expires-at %s sets the expiry', async (time, expiresAt) => {
    await cli.user(`create-at-${time}`)
    const { out } = await create(
      `create-at-${time}`,
      '--scopes',
      'read:users',
      '--expires-at',
      time,
      '--json',
    )
    expect(JSON.parse(out).apiKey).toMatchObject({ expiresAt })
  })

  test('refuses an expiry in the past', async () => {
    await cli.user('create-past')
    const words = ['--scopes', 'read:users', '--expires-at', '2020-01-01']
    expect(await create('create-past', ...words)).toEqual({
      code: 2,
      out: '',
      err: 'latchkey: `--expires-at` is in the past.\n',
    })
  })

  test.each([
    ['--expires-in', '2d'],
    ['--expires-at', '2095-01-01'],
  ])('names %s where the key would live too long', async (option, value) => {
    const owner = `create-long${option}`
    await cli.user(owner)
    const words = ['--owner', owner, '--name', 'ci', '--scopes', 'read:users', option, value]
    const refused = await cli.runWith({ KEY_MAX_LIFETIME_DAYS: '1' }, ['keys', 'create', ...words])
    expect(refused.err).toContain(`\`${option}\` is too late: on this server`)
  })

  test.each([
    ['a scope that is not known', ['--scopes', 'read:usrs'], '`--scopes`: `read:usrs` is not'],
    [
      'a name of control characters',
      ['--scopes', 'read:users', '--name', 'a\u0007b'],
      '`--name` contains control',
    ],
  ])('refuses %s', async (what, words, message) => {
    await cli.user(what.replaceAll(' ', '-'))
    const { code, out, err } = await create(what.replaceAll(' ', '-'), ...words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  test('takes --scope for --scopes', async () => {
    await cli.user('create-scope')
    const { out } = await create('create-scope', '--scope', 'read:users', '--json')
    expect(JSON.parse(out).apiKey.scopes).toEqual(['read:users'])
  })

  test('names the scopes that the grant of the owner withholds', async () => {
    const { id } = await cli.user('create-withheld')
    const words = ['--scopes', 'read:users,write:users,read:audit']
    // Without a ceiling, only administrative scopes need a grant.
    expect((await create('create-withheld', ...words)).err).toMatch(/withholds .*: read:audit\n$/)
    await cli.users.setScopes(id, ['read:users'], operator)
    const { code, err } = await create('create-withheld', ...words)
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringMatching(/The grant of create-withheld .*: read:audit write:users\n$/),
    })
    const json = await create('create-withheld', ...words, '--json')
    expect(JSON.parse(json.out)).toMatchObject({ notGranted: ['read:audit', 'write:users'] })
    expect(json.err).toBe('')
    expect((await create('create-withheld', '--scopes', 'read:users')).err).not.toContain('grant')
  })

  test('says that the owner is suspended', async () => {
    const { id } = await cli.user('create-suspended')
    await cli.users.setStatus(id, 'SUSPENDED', null, operator)
    const { err } = await create('create-suspended', '--scopes', 'read:users')
    expect(err).toMatch(/create-suspended is suspended: .*`latchkey users reactivate`/)
  })

  test('refuses an owner that does not exist', async () => {
    const { code, err } = await create('nobody', '--scopes', 'read:users')
    expect({ code, err }).toEqual({ code: 1, err: 'latchkey: There is no user "nobody".\n' })
  })
})

describe('keys list', () => {
  test('shows the keys of one owner, by id or by subject', async () => {
    const { id } = await cli.user('list-1')
    await cli.user('list-10')
    await create('list-1', '--scopes', 'read:users', '--name', 'first')
    await create('list-1', '--scopes', 'read:users', '--name', 'second')
    await create('list-10', '--scopes', 'read:users', '--name', 'not this')
    const { code, out } = await cli.run('keys', 'list', '--owner', 'list-1')
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^ID +NAME +STATUS +EXPIRES +LAST USED +SCOPES$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(1, 3))).toEqual([
      ['second', 'ACTIVE'],
      ['first', 'ACTIVE'],
    ])
    expect((await cli.run('keys', 'list', '--owner', id)).out).toBe(out)
  })

  test('shows no expiry of a revoked key', async () => {
    await cli.user('list-4')
    const words = ['--scopes', 'read:users', '--expires-at', '2100-01-31']
    const { out } = await create('list-4', ...words, '--json')
    const { id } = JSON.parse(out).apiKey
    const listed = async () => (await cli.run('keys', 'list', '--owner', 'list-4')).out
    expect(await listed()).toContain('ACTIVE  2100-01-31 00:00:00Z')
    await cli.run('keys', 'revoke', id)
    expect(await listed()).toMatch(new RegExp(`^${id} +ci +REVOKED +- +- +read:users$`, 'm'))
  })

  test('reports when there are more keys', async () => {
    await cli.user('list-2')
    await create('list-2', '--scopes', 'read:users')
    await create('list-2', '--scopes', 'read:users')
    const words = ['keys', 'list', '--owner', 'list-2', '--limit', '1']
    expect((await cli.run(...words)).err).toContain('There are more')
    const { out, err } = await cli.run(...words, '--json')
    expect(JSON.parse(out)).toMatchObject({ more: true, keys: [{ name: 'ci' }] })
    expect(err).toBe('')
  })

  test.each(['revoked', 'REVOKED'])('--status %s shows only revoked keys', async (status) => {
    const owner = `list-${status}`
    await cli.user(owner)
    const { out } = await create(owner, '--scopes', 'read:users', '--name', 'old', '--json')
    await create(owner, '--scopes', 'read:users', '--name', 'new')
    await cli.run('keys', 'revoke', JSON.parse(out).apiKey.id)
    const revoked = await cli.run('keys', 'list', '--owner', owner, '--status', status, '--json')
    expect(JSON.parse(revoked.out).keys.map((key: { name: string }) => key.name)).toEqual(['old'])
  })
})

describe('keys rotate', () => {
  test('prints the new key alone, and the previous secret works until the grace period ends', async () => {
    await cli.user('rotate-1')
    const { key, apiKey } = JSON.parse(
      (await create('rotate-1', '--scopes', 'read:users', '--json')).out,
    )
    const { code, out, err } = await cli.run('keys', 'rotate', apiKey.id, '--grace-period', '1h')
    expect(code).toBe(0)
    expect(parseKey(out.trim(), 'lk')?.id).toBe(apiKey.id)
    expect(out).toBe(`${out.trim()}\n`)
    expect(out.trim()).not.toBe(key)
    expect(err).toMatch(/^Rotated key \w+\. The previous secret works until \d{4}-\d\d-\d\d .*Z\. /)
    expect(err).not.toContain(parseKey(out.trim(), 'lk')?.secret)
    const { rotatedAt, previousExpiresAt } = (await cli.keys.find(apiKey.id)) ?? {}
    expect(Number(previousExpiresAt) - Number(rotatedAt)).toBe(3_600_000)
  })

  test('needs --force in the grace period; --grace-period 0 ends the previous secret at once', async () => {
    await cli.user('rotate-2')
    const { id } = JSON.parse(
      (await create('rotate-2', '--scopes', 'read:users', '--json')).out,
    ).apiKey
    expect((await cli.run('keys', 'rotate', id)).code).toBe(0)
    const second = await cli.run('keys', 'rotate', id)
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toMatch(/works until .* rotate with `--force`, which/)
    const forced = await cli.run('keys', 'rotate', id, '--force', '--grace-period', '0', '--json')
    const { key, apiKey, previousExpiresAt } = JSON.parse(forced.out)
    expect(parseKey(key, 'lk')?.id).toBe(id)
    expect({ apiKey, previousExpiresAt }).toMatchObject({
      apiKey: { id, status: 'ACTIVE' },
      previousExpiresAt: null,
    })
    expect(forced.err).toBe('')
  })

  test.each([
    ['31d', 2, /`--grace-period` must be between 0 and \d+ \(30 days\)/],
    ['-1', 2, /90d, 12h/],
  ])('refuses a grace period of %s', async (period, code, message) => {
    await cli.user(`rotate-${period}`)
    const { out } = await create(`rotate-${period}`, '--scopes', 'read:users', '--json')
    const { id } = JSON.parse(out).apiKey
    const refused = await cli.run('keys', 'rotate', id, `--grace-period=${period}`)
    expect(refused).toMatchObject({ code, out: '', err: expect.stringMatching(message) })
    expect(await cli.keys.find(id)).toMatchObject({ rotatedAt: null })
  })

  test('refuses a key that does not exist, and one that is revoked', async () => {
    await cli.user('rotate-3')
    const { id } = JSON.parse(
      (await create('rotate-3', '--scopes', 'read:users', '--json')).out,
    ).apiKey
    await cli.run('keys', 'revoke', id)
    expect((await cli.run('keys', 'rotate', id)).err).toMatch(/expired or was revoked/)
    const missing = await cli.run('keys', 'rotate', '0000000000000000')
    expect(missing).toEqual({
      code: 1,
      out: '',
      err: 'latchkey: There is no API key "0000000000000000".\n',
    })
  })
})

describe('keys revoke', () => {
  test('revokes with the reason, and a second time without effect', async () => {
    await cli.user('revoke-1')
    const { out } = await create('revoke-1', '--scopes', 'read:users', '--json')
    const { id } = JSON.parse(out).apiKey
    const first = await cli.run('keys', 'revoke', id, '--reason', 'found in a log')
    expect(first).toEqual({ code: 0, out: `Revoked ${id} (ci).\n`, err: '' })
    expect(await cli.keys.find(id)).toMatchObject({ revokedReason: 'found in a log' })
    const since = (await cli.keys.find(id))?.revokedAt?.toISOString().slice(11, 19)
    const again = await cli.run('keys', 'revoke', id, '--reason', 'other')
    expect(again).toMatchObject({ code: 0, err: '' })
    expect(again.out).toContain(`${id} (ci) has been revoked since `)
    expect(again.out).toContain(`${since}Z (reason: found in a log). Nothing was changed.\n`)
    expect(again.out).not.toContain('Revoked ')
    expect(await cli.keys.find(id)).toMatchObject({ revokedReason: 'found in a log' })
  })

  test('refuses an id that does not exist, in JSON too', async () => {
    const { code, out, err } = await cli.run('keys', 'revoke', '0000000000000000', '--json')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(JSON.parse(err).error).toMatchObject({ code: 'NOT_FOUND', exitCode: 1 })
  })
})

function create(owner: string, ...words: string[]) {
  const name = words.includes('--name') ? [] : ['--name', 'ci']
  return cli.run('keys', 'create', '--owner', owner, ...name, ...words)
}

import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandsOnDatabase } from './on-database.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>
let keyId: string
let ownerId: string

beforeAll(async () => {
  cli = await commandsOnDatabase()
  ownerId = (await cli.user('ada')).id
  const scopes = ['--scopes', 'read:users', '--scopes', 'read:keys']
  const words = ['keys', 'create', '--owner', 'ada', '--name', 'ci', ...scopes, '--json']
  keyId = JSON.parse((await cli.run(...words)).out).apiKey.id
})
afterAll(() => cli.close())

test.each([
  ['users delete ada', true],
  ['users suspend ada', true],
  ['users grant ada --scopes read:keys', false],
])('%s --dry-run lists the keys and changes nothing', async (words, stops) => {
  const before = await cli.users.find(ownerId)
  const { code, out, err } = await cli.run(...words.split(' '), '--dry-run')
  expect(code).toBe(0)
  expect(err).toBe('Nothing was changed.\n')
  expect(out).toMatch(/^ID +NAME +EFFECT +LAST USED +LOST SCOPES\n/)
  expect(out).toMatch(new RegExp(`^${keyId} +ci +${stops ? 'stops' : 'loses scopes'} +- +`, 'm'))
  const json = JSON.parse((await cli.run(...words.split(' '), '--dry-run', '--json')).out)
  expect(json.keys).toMatchObject([
    {
      apiKey: { id: keyId, status: 'ACTIVE' },
      stops,
      lostScopes: [
        ...(stops ? [{ scope: 'read:keys', lastUsedAt: null }] : []),
        { scope: 'read:users', lastUsedAt: null },
      ],
    },
  ])
  expect(await cli.users.find(ownerId)).toEqual(before)
})

test('keys revoke --dry-run lists the key and changes nothing', async () => {
  const { code, out } = await cli.run('keys', 'revoke', keyId, '--dry-run')
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^${keyId} +ci +stops `, 'm'))
  expect(await cli.keys.find(keyId)).toMatchObject({ revokedAt: null })
  expect((await cli.run('keys', 'revoke', 'x'.repeat(16), '--dry-run')).code).toBe(1)
})

test('--dry-run shows that a key loses no scope, as its owner does not have its scopes', async () => {
  await cli.user('cora')
  await cli.run('users', 'grant', 'cora', '--scopes', 'read:keys')
  await cli.run('keys', 'create', '--owner', 'cora', '--name', 'ci', '--scopes', 'read:users')
  const { out } = await cli.run('users', 'suspend', 'cora', '--dry-run')
  expect(out).toMatch(/ ci +stops +- +\(none\)$/m)
})

test('--dry-run says that a change affects no key', async () => {
  await cli.user('bob')
  const { code, out } = await cli.run('users', 'delete', 'bob', '--dry-run')
  expect([code, out]).toEqual([0, 'No active key would stop working or lose scopes.\n'])
})

test('users delete needs --force for a user with active keys', async () => {
  const refused = await cli.run('users', 'delete', 'ada')
  expect(refused.code).toBe(1)
  expect(refused.err).toContain(
    'The user has 1 active API key. It would stop working. Use `--force`',
  )
  const { code, out } = await cli.run('users', 'delete', 'ada', '--force')
  expect([code, out]).toEqual([0, 'Deleted ada.\n'])
  expect(await cli.users.find(ownerId)).toBeNull()
})

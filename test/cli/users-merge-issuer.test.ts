import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandsOnDatabase, issuer, otherIssuer } from './on-database.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>
const variables = {
  JWT_ISSUERS: JSON.stringify([
    { issuer, audience: 'https://api.example', aliases: [otherIssuer] },
  ]),
}
const merge = (...words: string[]) =>
  cli.runWith(variables, ['users', 'merge-issuer', otherIssuer, issuer, ...words])

beforeAll(async () => {
  cli = await commandsOnDatabase()
  await cli.user('alone', otherIssuer)
  await cli.user('both', otherIssuer)
  await cli.user('both')
  await cli.runWith(variables, ['users', 'suspend', 'both', '--issuer', otherIssuer])
})
afterAll(() => cli.close())

const counts = { moved: 1, merged: 1, apiKeys: 0, deleted: 0, limitedCount: 1 }

test('a dry run prints what would change, and changes nothing', async () => {
  expect(await merge('--dry-run')).toEqual({
    code: 0,
    out: `Users that would be moved:                  1
Users that would be merged with another:    1
API keys that would get another owner:      0
Deleted users that would be moved:          0
Merged users whose status or grant differs:
  both: SUSPENDED (no ceiling) and ACTIVE (no ceiling) become SUSPENDED (no ceiling)
Nothing was changed.
`,
    err: '',
  })
  expect(JSON.parse((await merge('--dry-run', '--json')).out)).toMatchObject({
    alias: otherIssuer,
    issuer,
    dryRun: true,
    ...counts,
  })
  expect(await cli.users.findByIdentity(otherIssuer, 'alone')).not.toBeNull()
})

test('needs the alias in the configuration', async () => {
  const words = ['users', 'merge-issuer', 'https://typo.example.com', issuer]
  const { code, err } = await cli.runWith(variables, words)
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('`aliases`') })
  const unknown = ['users', 'merge-issuer', otherIssuer, 'https://typo.example.com']
  expect(await cli.runWith(variables, unknown)).toMatchObject({
    code: 2,
    err: expect.stringContaining(`The issuers are:\n  ${issuer}`),
  })
})

test('merges, and finds nothing when it runs again', async () => {
  expect(JSON.parse((await merge('--json')).out)).toMatchObject({ dryRun: false, ...counts })
  expect(await cli.users.findByIdentity(issuer, 'alone')).not.toBeNull()
  expect(await cli.users.findByIdentity(issuer, 'both')).toMatchObject({ status: 'SUSPENDED' })
  expect((await merge()).out).toMatch(/^Users that were moved: +0\n/)
})

test('without a grant, where scopes come from grants, nothing is carried', async () => {
  const named = { ...JSON.parse(variables.JWT_ISSUERS)[0], scopesFrom: 'grant' }
  const [one] = [await cli.user('limited', otherIssuer), await cli.user('limited')]
  await cli.run('users', 'grant', one.id, '--scopes', 'read:users')
  const words = ['users', 'merge-issuer', otherIssuer, issuer]
  await cli.runWith({ JWT_ISSUERS: JSON.stringify([named]) }, words)
  expect(await cli.users.findByIdentity(issuer, 'limited')).toMatchObject({ scopes: [] })
})

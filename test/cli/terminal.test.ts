import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandsOnDatabase } from './on-database.ts'

/* Users choose the metadata of their keys, and an operator sees them in a terminal. */

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>
beforeAll(async () => {
  cli = await commandsOnDatabase()
})
afterAll(() => cli.close())

test('--json escapes the characters that a terminal would obey', async () => {
  await cli.user('ada')
  const hostile = '\u009b2J\u007f\u202e\u2028\u{e0001}'
  const metadata = { [hostile]: hostile }
  const options = ['--owner', 'ada', '--name', 'ci', '--scopes', 'read:users']
  await cli.run('keys', 'create', ...options, '--metadata', JSON.stringify(metadata))
  const { out } = await cli.run('keys', 'list', '--owner', 'ada', '--json')
  expect(out).toMatch(/^[\n\x20-\x7e]+$/)
  expect(JSON.parse(out).keys[0].metadata).toEqual(metadata)
  const audit = await cli.run('audit', '--json')
  expect(audit.out).toMatch(/^[\n\x20-\x7e]+$/)
  expect(JSON.parse(audit.out).events).toHaveLength(2)
})

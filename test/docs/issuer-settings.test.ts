import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeConfig } from '../../src/config/settings.ts'
import { loadConfig } from '../../src/config.ts'
import { createSigningKey } from '../support/issuer.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { readDocument } from './documents.ts'

const blocks = [...readDocument('docs/issuers.md').matchAll(/^```json\n(\[[\s\S]*?)^```$/gm)].map(
  ([, json = '']) => [JSON.parse(json)[0].issuer as string, json] as const,
)

test.each(blocks)('the settings of %s in docs/issuers.md are valid', async (_, json) => {
  const file = join(temporaryFolder(), 'keys.json')
  writeFileSync(file, JSON.stringify({ keys: [(await createSigningKey()).publicJwk] }))
  const text = json.replace('/etc/latchkey/billing-keys.json', file)
  expect(loadConfig({ JWT_ISSUERS: text }).issuers).not.toEqual([])
})

test('the description of JWT_ISSUERS names every member in the table of docs/issuers.md', () => {
  const { meaning } = describeConfig().find(({ variable }) => variable === 'JWT_ISSUERS') ?? {}
  const [, section = ''] = readDocument('docs/issuers.md').split('has these members:')
  const [table = ''] = section.split('\n\nA claim name')
  const members = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, member]) => member)
  expect(members).toContain('aliases')
  const [, named = ''] = /\{(.*)\}/.exec(meaning ?? '') ?? []
  expect(
    named
      .split(', ')
      .map((member) => member.replace('?', ''))
      .sort(),
  ).toEqual(members.sort())
})

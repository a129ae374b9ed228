import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

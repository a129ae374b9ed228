import { expect, it } from 'vitest'
import { structuredLog } from '../../src/embedding/log.ts'

it('the log of an instance has no secrets, also of the causes of an error', () => {
  const lines: string[] = []
  const log = structuredLog({ warn: (text) => lines.push(text), info() {} })
  const cause = new Error(
    'connect postgres://app:hunter2@db/shop with Bearer eyJhbGciOi.eyJzdWIiOi.c2ln',
  )
  log.warn({ err: new Error('The session could not be read.', { cause }) }, 'a request was refused')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('The session could not be read.')
  expect(lines[0]).not.toMatch(/hunter2|eyJzdWIi/)
})

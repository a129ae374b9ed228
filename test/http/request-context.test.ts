import { expect, it } from 'vitest'
import { newRequestId } from '../../src/http/request-context.ts'

it('request ids are unique UUIDs', () => {
  const made = Array.from({ length: 10_000 }, newRequestId)
  expect(new Set(made).size).toBe(made.length)
  for (const id of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

import { describe, expect, it } from 'vitest'
import { connectDirectory, migrate } from '../../src/postgres.ts'

/** Programs without types pass what they have, such as a variable that is not set. */
const untyped = (value: unknown) => value as string
const message = /^The connection string is not set: pass a text such as postgres:/

describe.each([
  ['undefined', undefined],
  ['null', null],
  ['options', { url: 'postgres://db/x' }],
])('%s in place of a connection string', (_name, value) => {
  it('is refused by connectDirectory at once, and not by each request', () => {
    expect(() => connectDirectory({ url: untyped(value) })).toThrow(message)
  })

  it('is refused by migrate', async () => {
    await expect(migrate(untyped(value))).rejects.toThrow(message)
  })
})

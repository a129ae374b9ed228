import { describe, expect, it } from 'vitest'
import { createRefusalRecorder } from '../../src/audit/refusal-recorder.ts'
import type { RefusedCredentials } from '../../src/audit/store.ts'

const hour = 3_600_000

function recorder(options: { maxKinds?: number } = {}) {
  const batches: (readonly RefusedCredentials[])[] = []
  const clock = { now: 0, down: false }
  const made = createRefusalRecorder({
    write: async (batch) => {
      if (clock.down) throw new Error('down')
      batches.push(batch)
    },
    now: () => clock.now,
    intervalMs: hour,
    ...options,
  })
  const refuse = (reason: string, sourceAddress: string, credentialId: string | null = null) =>
    made.record({ reason, sourceAddress, credentialId, requestId: `${reason}-${clock.now}` })
  return { ...made, refuse, batches, clock }
}

describe('refused credentials', () => {
  it('are counted by reason, address and key, with the first request of each', async () => {
    const { refuse, clock, close, batches } = recorder()
    refuse('unrecognised', '192.0.2.1')
    clock.now = 5
    refuse('unrecognised', '192.0.2.1')
    refuse('unrecognised', '192.0.2.2')
    refuse('key-revoked', '192.0.2.1', 'one')
    refuse('key-revoked', '192.0.2.1', 'two')
    await close()
    expect(batches[0]).toHaveLength(4)
    expect(batches[0]?.[0]).toEqual({
      reason: 'unrecognised',
      sourceAddress: '192.0.2.1',
      credentialId: null,
      requestId: 'unrecognised-0',
      count: 2,
      since: new Date(0),
    })
  })

  it('with invented ids are counted in one row', async () => {
    const { refuse, close, batches } = recorder()
    for (let id = 0; id < 1000; id++) refuse('key-unknown', '192.0.2.1', String(id))
    await close()
    expect(batches).toHaveLength(1)
    expect(batches[0]).toMatchObject([{ count: 1000 }])
  })

  it('from many addresses are counted separately up to a bound, and together beyond it', async () => {
    const { refuse, close, batches } = recorder({ maxKinds: 3 })
    for (let host = 0; host < 10_000; host++) refuse('unrecognised', `10.0.${host}`)
    await close()
    expect(batches[0]?.map(({ reason, count }) => [reason, count])).toEqual([
      ['unrecognised', 1],
      ['unrecognised', 1],
      ['unrecognised', 1],
      [null, 9997],
    ])
    expect(batches[0]?.[3]).toMatchObject({ sourceAddress: null, requestId: null })
  })

  it('that could not be written are kept for the next batch, within the bound', async () => {
    const { refuse, clock, flush, close, batches } = recorder({ maxKinds: 1 })
    clock.down = true
    refuse('unrecognised', 'a')
    refuse('unrecognised', 'b')
    await flush()
    clock.now = 9
    clock.down = false
    refuse('unrecognised', 'a')
    await close()
    expect(batches[0]?.map(({ count, since }) => [count, since])).toEqual([
      [2, new Date(0)],
      [1, new Date(0)],
    ])
  })

  it('are not written when there are none', async () => {
    const { flush, close, batches } = recorder()
    await flush()
    await close()
    expect(batches).toEqual([])
  })
})

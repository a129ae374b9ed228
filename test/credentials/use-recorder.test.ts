import { describe, expect, it } from 'vitest'
import type { KeyUses } from '../../src/credentials/directory.ts'
import { createUseRecorder, type LostUses } from '../../src/credentials/use-recorder.ts'

const seconds = (count: number) => count * 1000
const at = (count: number) => new Date(seconds(count))
const hour = 3_600_000

function collector() {
  const batches: (readonly KeyUses[])[] = []
  return {
    batches,
    write: async (uses: readonly KeyUses[]) => {
      batches.push(uses)
      return []
    },
  }
}

const keyNames = (count: number) => Array.from({ length: count }, (_, n) => `key-${n}`)

describe('the use of keys', () => {
  it('is written in one batch with the latest time of each key', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    uses.record({ keyId: 'a', at: seconds(1), previousSecret: false })
    uses.record({ keyId: 'a', at: seconds(3), previousSecret: true })
    uses.record({ keyId: 'a', at: seconds(2), previousSecret: false })
    uses.record({ keyId: 'b', at: seconds(2), previousSecret: false })
    await uses.close()
    expect(batches).toEqual([
      [
        { keyId: 'a', lastUsedAt: at(3), previousLastUsedAt: at(3), scopes: [] },
        { keyId: 'b', lastUsedAt: at(2), previousLastUsedAt: null, scopes: [] },
      ],
    ])
  })

  it('is not written if there was none', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    await uses.flush()
    await uses.close()
    expect(batches).toEqual([])
  })

  it('is kept if it could not be written, and is written with the next batch', async () => {
    const { batches, write } = collector()
    const errors: unknown[] = []
    let down = true
    const uses = createUseRecorder({
      write: (batch) => (down ? Promise.reject(new Error('down')) : write(batch)),
      intervalMs: hour,
      onError: (error) => errors.push(error),
    })
    uses.record({ keyId: 'a', at: seconds(1), previousSecret: false })
    await uses.flush()
    uses.record({ keyId: 'a', at: seconds(5), previousSecret: false })
    down = false
    await uses.close()
    expect(errors).toHaveLength(1)
    expect(batches).toEqual([
      [{ keyId: 'a', lastUsedAt: at(5), previousLastUsedAt: null, scopes: [] }],
    ])
  })

  it('is bounded: further keys are dropped, collected ones are updated', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour, maxKeys: 2 })
    for (const keyId of ['a', 'b', 'c', 'a']) {
      uses.record({ keyId, at: seconds(keyId === 'a' ? 9 : 1), previousSecret: false })
    }
    await uses.close()
    expect(batches[0]?.map(({ keyId }) => keyId)).toEqual(['a', 'b'])
  })

  it('is written with the latest time of each needed scope, in the same batch', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    uses.recordScopes('a', ['x', 'y'], seconds(2))
    uses.recordScopes('a', ['x'], seconds(3))
    uses.recordScopes('a', ['y'], seconds(1))
    await uses.close()
    expect(batches).toEqual([
      [
        {
          keyId: 'a',
          lastUsedAt: at(3),
          previousLastUsedAt: null,
          scopes: [
            { scope: 'x', lastUsedAt: at(3) },
            { scope: 'y', lastUsedAt: at(2) },
          ],
        },
      ],
    ])
  })

  it('has the same result for lists of scopes in any order, repeated or late', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    const [both, one] = [['x', 'y'], ['x']]
    uses.recordScopes('a', both, seconds(5))
    uses.recordScopes('a', both, seconds(4))
    uses.recordScopes('b', both, seconds(9))
    uses.recordScopes('a', one, seconds(7))
    uses.recordScopes('a', one, seconds(8))
    uses.recordScopes('a', both, seconds(6))
    await uses.flush()
    uses.recordScopes('a', both, seconds(10))
    await uses.close()
    const written = batches.map((batch) =>
      batch.map(({ keyId, scopes }) => [
        keyId,
        ...scopes.map(({ scope, lastUsedAt }) => `${scope} ${lastUsedAt.getTime() / 1000}`),
      ]),
    )
    expect(written).toEqual([
      [
        ['a', 'x 8', 'y 6'],
        ['b', 'x 9', 'y 9'],
      ],
      [['a', 'x 10', 'y 10']],
    ])
  })

  it('keeps scopes that could not be written, up to a limit', async () => {
    const { batches, write } = collector()
    let down = true
    const uses = createUseRecorder({
      write: (batch) => (down ? Promise.reject(new Error('down')) : write(batch)),
      intervalMs: hour,
      maxScopes: 2,
    })
    uses.recordScopes('a', ['x'], seconds(1))
    await uses.flush()
    down = false
    uses.recordScopes('b', ['x', 'y', 'z'], seconds(2))
    await uses.close()
    const noted = batches[0]?.map(({ keyId, scopes }) => [keyId, scopes.map(({ scope }) => scope)])
    expect(noted).toEqual([
      ['a', ['x']],
      ['b', ['x']],
    ])
  })

  it('is written in chunks, each on its own', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    for (const keyId of keyNames(9_000)) {
      uses.record({ keyId, at: seconds(1), previousSecret: false })
      uses.recordScopes(keyId, ['x', 'y'], seconds(1))
    }
    await uses.close()
    const rows = batches.map((batch) =>
      batch.reduce((sum, { scopes }) => sum + 1 + scopes.length, 0),
    )
    expect(Math.max(...rows)).toBeLessThanOrEqual(4_000)
    expect(batches.flat().map(({ keyId }) => keyId)).toEqual(keyNames(9_000))
  })

  it('is kept if its chunk fails, while later chunks are written', async () => {
    const { batches, write } = collector()
    const errors: unknown[] = []
    const lost: LostUses[] = []
    let calls = 0
    const uses = createUseRecorder({
      write: (batch) => (calls++ === 0 ? Promise.reject(new Error('timeout')) : write(batch)),
      intervalMs: hour,
      onError: (error) => errors.push(error),
      onLost: (one) => lost.push(one),
    })
    for (const keyId of keyNames(10_000))
      uses.record({ keyId, at: seconds(1), previousSecret: false })
    await uses.close()
    // The first 4,000 come last, and those after them at half the size first.
    expect(batches[0]?.[0]?.keyId).toBe('key-4000')
    expect(batches[0]).toHaveLength(2_000)
    const written = batches.flat().map(({ keyId }) => keyId)
    expect(written).toHaveLength(10_000)
    expect(new Set(written).size).toBe(10_000)
    expect([errors.length, lost]).toEqual([1, []])
  })

  it('is tried at most twice while nothing can be written, in smaller chunks each time', async () => {
    const sizes: number[] = []
    const uses = createUseRecorder({
      write: async (batch) => {
        sizes.push(batch.length)
        throw new Error('down')
      },
      intervalMs: hour,
    })
    for (const keyId of keyNames(5_000))
      uses.record({ keyId, at: seconds(1), previousSecret: false })
    for (let flush = 0; flush < 4; flush++) await uses.flush()
    expect(sizes).toEqual([4_000, 2_000, 1_000, 500, 250, 125, 62, 50])
    await uses.close()
  })

  it('keeps the later time if a use comes during a failed chunk', async () => {
    const { batches, write } = collector()
    let down = true
    const uses = createUseRecorder({
      write: async (batch) => {
        if (!down) return write(batch)
        // Used again while the chunk is under way.
        uses.record({ keyId: 'a', at: seconds(9), previousSecret: false })
        throw new Error('down')
      },
      intervalMs: hour,
    })
    uses.record({ keyId: 'a', at: seconds(5), previousSecret: true })
    await uses.flush()
    down = false
    await uses.close()
    expect(batches).toEqual([
      [{ keyId: 'a', lastUsedAt: at(9), previousLastUsedAt: at(5), scopes: [] }],
    ])
  })

  it('is tried once more, then kept, if the row of its key is locked', async () => {
    const errors: unknown[] = []
    const asked: string[][] = []
    let held = ['b']
    const uses = createUseRecorder({
      write: async (batch) => {
        asked.push(batch.map(({ keyId }) => keyId))
        return batch.map(({ keyId }) => keyId).filter((keyId) => held.includes(keyId))
      },
      intervalMs: hour,
      onError: (error) => errors.push(error),
    })
    for (const keyId of ['a', 'b', 'c'])
      uses.record({ keyId, at: seconds(1), previousSecret: false })
    await uses.flush()
    held = []
    await uses.close()
    expect(asked).toEqual([['a', 'b', 'c'], ['b'], ['b']])
    expect(errors).toEqual([])
  })

  it('is counted in a report if it cannot be written before the process ends', async () => {
    const lost: LostUses[] = []
    const uses = createUseRecorder({
      write: () => new Promise(() => {}),
      intervalMs: hour,
      closeWithinMs: 20,
      onLost: (one) => lost.push(one),
    })
    for (const keyId of keyNames(5_000))
      uses.record({ keyId, at: seconds(1), previousSecret: false })
    void uses.flush()
    uses.record({ keyId: 'later', at: seconds(2), previousSecret: false })
    await uses.close()
    expect(lost).toEqual([{ count: 5_001, reason: 'closed' }])
  })

  it('is counted in a report if it is dropped because of the limit of keys', async () => {
    const { write } = collector()
    const lost: LostUses[] = []
    const uses = createUseRecorder({
      write,
      intervalMs: hour,
      maxKeys: 2,
      onLost: (one) => lost.push(one),
    })
    for (const keyId of ['a', 'b', 'c', 'd'])
      uses.record({ keyId, at: seconds(1), previousSecret: false })
    await uses.close()
    expect(lost).toEqual([{ count: 2, reason: 'limit' }])
  })
})

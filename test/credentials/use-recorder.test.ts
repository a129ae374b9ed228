import { describe, expect, it } from 'vitest'
import type { KeyUses } from '../../src/credentials/directory.ts'
import { createUseRecorder } from '../../src/credentials/use-recorder.ts'

const seconds = (count: number) => count * 1000
const at = (count: number) => new Date(seconds(count))
const hour = 3_600_000

function collector() {
  const batches: (readonly KeyUses[])[] = []
  return {
    batches,
    write: async (uses: readonly KeyUses[]) => {
      batches.push(uses)
    },
  }
}

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

  it('is not written when there was none', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour })
    await uses.flush()
    await uses.close()
    expect(batches).toEqual([])
  })

  it('is kept when it could not be written, and goes with the next batch', async () => {
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

  it('is bounded: further keys are dropped, known ones go on', async () => {
    const { batches, write } = collector()
    const uses = createUseRecorder({ write, intervalMs: hour, maxKeys: 2 })
    for (const keyId of ['a', 'b', 'c', 'a']) {
      uses.record({ keyId, at: seconds(keyId === 'a' ? 9 : 1), previousSecret: false })
    }
    await uses.close()
    expect(batches[0]?.map(({ keyId }) => keyId)).toEqual(['a', 'b'])
  })

  it('comes with the latest time of each scope that was needed, in the same batch', async () => {
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

  it('tells the same however lists of scopes come in turn, again and late', async () => {
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
    const told = batches.map((batch) =>
      batch.map(({ keyId, scopes }) => [
        keyId,
        ...scopes.map(({ scope, lastUsedAt }) => `${scope} ${lastUsedAt.getTime() / 1000}`),
      ]),
    )
    expect(told).toEqual([
      [
        ['a', 'x 8', 'y 6'],
        ['b', 'x 9', 'y 9'],
      ],
      [['a', 'x 10', 'y 10']],
    ])
  })

  it('keeps scopes that could not be written, and is bounded in them', async () => {
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
})

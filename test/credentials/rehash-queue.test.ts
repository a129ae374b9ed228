import { describe, expect, it } from 'vitest'
import type { Rehash } from '../../src/credentials/directory.ts'
import { createRehashQueue, type RehashQueueOptions } from '../../src/credentials/rehash-queue.ts'

const rehash = (n: number, from = 1): Rehash => ({
  keyId: `key-${n}`,
  from: new Uint8Array([from]),
  to: new Uint8Array([2]),
  pepper: 'pepper',
})

/** Creates a queue that writes often. `write` receives the ids. */
function queue(write: (ids: readonly string[]) => Promise<void>, options: object = {}) {
  const complete: RehashQueueOptions = {
    write: (batch) => write(batch.map(({ keyId }) => keyId)),
    intervalMs: 1,
    ...options,
  }
  return createRehashQueue(complete)
}

describe('hashes that wait for their replacement', () => {
  it('are written a hundred at a time, each once', async () => {
    const batches: (readonly string[])[] = []
    let done = () => {}
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const rehashes = queue(async (ids) => {
      batches.push(ids)
      if (batches.flat().length === 250) done()
    })
    for (let n = 0; n < 250; n++) for (let again = 0; again < 2; again++) rehashes.add(rehash(n))
    await all
    await rehashes.close()
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 50])
    expect(new Set(batches.flat()).size).toBe(250)
  })

  it('of both secrets of a key are both written', async () => {
    const written = new Promise<readonly string[]>((resolve) => {
      const rehashes = queue(async (ids) => {
        resolve(ids)
        void rehashes.close()
      })
      rehashes.add(rehash(1, 1))
      rehashes.add(rehash(1, 3))
    })
    expect(await written).toEqual(['key-1', 'key-1'])
  })

  it('are dropped if they cannot be written, and the next ones are written', async () => {
    const errors: unknown[] = []
    let calls = 0
    let done = () => {}
    const second = new Promise<void>((resolve) => {
      done = resolve
    })
    const rehashes = queue(
      async () => {
        if (++calls === 1) throw new Error('down')
        done()
      },
      { onError: (error: unknown) => errors.push(error) },
    )
    for (let n = 0; n < 101; n++) rehashes.add(rehash(n))
    await second
    await rehashes.close()
    expect([calls, errors]).toEqual([2, [new Error('down')]])
  })

  it('are dropped when too many wait, and when the process ends', async () => {
    const written: string[] = []
    const rehashes = queue(async (ids) => void written.push(...ids), { intervalMs: 3_600_000 })
    for (let n = 0; n < 10_000; n++) rehashes.add(rehash(n))
    await rehashes.close()
    expect(written).toEqual([])
  })
})

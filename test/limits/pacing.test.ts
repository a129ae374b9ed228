import { describe, expect, it } from 'vitest'
import { RateLimitedError } from '../../src/errors.ts'
import { createPacing } from '../../src/limits/pacing.ts'

/** Makes a clock that advances only while something sleeps. */
function createTime() {
  let time = 0
  const sleepers: { until: number; wake: () => void }[] = []
  return {
    now: () => time,
    sleep: (milliseconds: number) =>
      new Promise<void>((wake) => sleepers.push({ until: time + milliseconds, wake })),
    async pass(milliseconds: number) {
      const end = time + milliseconds
      for (;;) {
        sleepers.sort((a, b) => a.until - b.until)
        const [first] = sleepers
        if (first === undefined || first.until > end) break
        sleepers.shift()
        time = first.until
        first.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      time = end
    },
  }
}

describe('a client whose request took a long turn', () => {
  it('waits before its next request, and no other client does', async () => {
    const time = createTime()
    const pacing = createPacing(time)
    expect(pacing.before(() => 'busy')).toBeNull()
    pacing.charge('busy', 15)
    expect(pacing.before(() => 'other')).toBeNull()
    expect(pacing.before(() => null)).toBeNull()
    let begun = false
    void pacing
      .before(() => 'busy')
      ?.then(() => {
        begun = true
      })
    await time.pass(399)
    expect(begun).toBe(false)
    await time.pass(1)
    expect(begun).toBe(true)
    expect(pacing.before(() => 'busy')).toBeNull()
  })

  it('has its requests started one after the other, each after the wait for the previous one', async () => {
    const time = createTime()
    const pacing = createPacing(time)
    pacing.charge('busy', 10)
    const begun: number[] = []
    for (let n = 0; n < 4; n++) {
      void pacing
        .before(() => 'busy')
        ?.then((refusal) => {
          if (refusal !== null) return
          begun.push(time.now())
          pacing.charge('busy', 10)
        })
    }
    await time.pass(1_000)
    expect(begun).toEqual([200, 400, 600, 800])
  })

  it('is refused requests that would wait too long, with the time to retry', async () => {
    const time = createTime()
    const pacing = createPacing({ ...time, maxWaitMs: 3_000 })
    pacing.charge('busy', 500)
    pacing.charge('busy', 500)
    const refusal = await pacing.before(() => 'busy')
    expect(refusal).toBeInstanceOf(RateLimitedError)
    expect(refusal?.retryAfterSeconds).toBe(4)
  })

  it('waits no longer than a minute, however many requests ran at once', async () => {
    const time = createTime()
    const pacing = createPacing(time)
    for (let n = 0; n < 1_000; n++) pacing.charge('busy', 500)
    expect((await pacing.before(() => 'busy'))?.retryAfterSeconds).toBe(60)
    await time.pass(60_000)
    expect(pacing.before(() => 'busy')).toBeNull()
  })

  it('is refused after the server begins to stop, also if it waits already', async () => {
    const pacing = createPacing(createTime())
    pacing.charge('busy', 500)
    const waiting = pacing.before(() => 'busy')
    pacing.shutDown()
    expect(await waiting).toBeInstanceOf(RateLimitedError)
    expect(await pacing.before(() => 'busy')).toBeInstanceOf(RateLimitedError)
    expect(pacing.before(() => 'other')).toBeNull()
  })

  it('waits for all turns of one request together, at most two seconds', async () => {
    const time = createTime()
    const pacing = createPacing(time)
    pacing.charge('busy', 4)
    pacing.charge('busy', 4, 4)
    expect(pacing.before(() => 'busy')).not.toBeNull()
    await time.pass(120)
    expect(pacing.before(() => 'busy')).toBeNull()
    pacing.charge('busy', 500)
    pacing.charge('busy', 500, 500)
    await time.pass(2_000)
    expect(pacing.before(() => 'busy')).toBeNull()
  })

  it('does not wait for work below the bound', () => {
    const pacing = createPacing(createTime())
    pacing.charge('quick', 5)
    pacing.charge(null, 500)
    expect(pacing.before(() => 'quick')).toBeNull()
  })
})

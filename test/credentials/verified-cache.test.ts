import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elapsed, Lease } from '../../src/credentials/lease.ts'
import { VerifiedCache } from '../../src/credentials/verified-cache.ts'

/** A clock whose two times are set by the test. */
function handClock() {
  const clock = {
    mono: 0,
    world: 1_000_000,
    monotonic: () => clock.mono,
    wall: () => clock.world,
    pass(milliseconds: number) {
      clock.mono += milliseconds
      clock.world += milliseconds
    },
    stamp: () => ({ monotonic: clock.mono, wall: clock.world }),
  }
  return clock
}

const forever = Number.POSITIVE_INFINITY
const ofKey = (id: string, userId = 'u', validUntil = forever) => ({
  keyId: id,
  userId,
  validUntil,
})

function leasedCache(options: { maxEntries?: number; maxAge?: number } = {}) {
  const clock = handClock()
  const cache = new VerifiedCache<string>({ clock, maxStaleness: 2_000, ...options })
  cache.restarted()
  cache.heartbeat(clock.stamp())
  return { clock, cache }
}

describe('the lease', () => {
  it('starts when the heartbeat was sent, not when it was received', () => {
    const clock = handClock()
    const lease = new Lease(clock, 1_000)
    expect(lease.valid).toBe(false)
    const sent = clock.stamp()
    clock.pass(900)
    lease.extend(sent)
    expect(lease.valid).toBe(true)
    clock.pass(100)
    expect(lease.valid).toBe(false)
  })

  it('is not extended by an older heartbeat, nor by one received late after a pause', () => {
    const clock = handClock()
    const lease = new Lease(clock, 1_000)
    const first = clock.stamp()
    clock.pass(500)
    const second = clock.stamp()
    lease.extend(second)
    lease.extend(first)
    clock.pass(999)
    expect(lease.valid).toBe(true)
    clock.pass(10_000)
    lease.extend(second)
    expect(lease.valid).toBe(false)
  })

  it('is measured by the faster clock', () => {
    const clock = handClock()
    const sent = clock.stamp()
    clock.world += 5_000 // the machine slept: the monotonic clock stopped
    expect(elapsed(sent, clock)).toBe(5_000)
    clock.world -= 50_000 // the wall clock was set back
    clock.mono += 700
    expect(elapsed(sent, clock)).toBe(700)
  })
})

describe('a cached credential', () => {
  it('is used until a change of its key or user', () => {
    const { cache } = leasedCache()
    cache.put('a', 'value', ofKey('k1'), cache.fence())
    expect(cache.get('a')).toBe('value')
    cache.changed({ kind: 'key', id: 'k2' })
    cache.changed({ kind: 'user', id: 'other' })
    expect(cache.get('a')).toBe('value')
  })

  it.each([{ kind: 'key', id: 'k1' }, { kind: 'user', id: 'u' }, { kind: 'everything' }] as const)(
    'is removed on a change of %j',
    (change) => {
      const { cache } = leasedCache()
      cache.put('a', 'value', ofKey('k1'), cache.fence())
      cache.changed(change)
      expect(cache.get('a')).toBeUndefined()
      expect(cache.size).toBe(0)
    },
  )

  it('is removed by a change of its key, for each of its secrets, or evicted on its own', () => {
    const { cache } = leasedCache({ maxEntries: 2 })
    for (const secret of ['oldest', 'previous', 'current', 'current']) {
      cache.put(secret, 'value', ofKey('k1'), cache.fence())
    }
    expect([cache.get('oldest'), cache.get('previous')]).toEqual([undefined, 'value'])
    cache.changed({ kind: 'key', id: 'k1' })
    expect(cache.size).toBe(0)
  })

  it('stays while less recently used ones are evicted, counted once a second', () => {
    const { cache, clock } = leasedCache({ maxEntries: 2 })
    const put = (key: string) => cache.put(key, 'value', ofKey(key), cache.fence())
    put('used')
    put('unused')
    clock.pass(1_000)
    for (let i = 0; i < 3; i++) expect(cache.get('used')).toBe('value')
    put('new')
    expect([cache.get('unused'), cache.get('used')]).toEqual([undefined, 'value'])
    expect(cache.size).toBe(2)
  })

  it('is not used after the lease, and is removed by the next heartbeat', () => {
    const { cache, clock } = leasedCache()
    cache.put('a', 'value', ofKey('k1'), cache.fence())
    clock.pass(1_799)
    expect(cache.get('a')).toBe('value')
    clock.pass(1)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.put('b', 'value', ofKey('k2'), cache.fence())).toBe(false)
    cache.heartbeat(clock.stamp())
    expect(cache.get('a')).toBeUndefined()
    expect(cache.put('a', 'anew', ofKey('k1'), cache.fence())).toBe(true)
  })

  it('is not used after its expiry by the wall clock, nor beyond its age by the monotonic clock', () => {
    const { cache, clock } = leasedCache({ maxAge: 500 })
    cache.put('a', 'value', ofKey('k1', 'u', clock.world + 100), cache.fence())
    clock.world += 100
    expect(cache.get('a')).toBeUndefined()
    cache.put('b', 'value', ofKey('k1'), cache.fence())
    clock.mono += 500
    expect(cache.get('b')).toBeUndefined()
  })

  it('is not stored if it was read before a change', () => {
    const { cache } = leasedCache()
    for (const change of [
      { kind: 'key', id: 'k1' },
      { kind: 'user', id: 'u' },
      { kind: 'everything' },
    ] as const) {
      const fence = cache.fence()
      cache.changed(change)
      expect(cache.put('a', 'stale', ofKey('k1'), fence)).toBe(false)
    }
    const restart = cache.fence()
    cache.restarted()
    expect(cache.put('a', 'stale', ofKey('k1'), restart)).toBe(false)
  })

  it('is evicted beyond the maximum number, and nothing of it stays in memory', () => {
    const { cache } = leasedCache({ maxEntries: 10 })
    for (let i = 0; i < 1_000; i++) cache.put(`c${i}`, 'x', ofKey(`k${i}`, `u${i}`), cache.fence())
    expect(cache.size).toBe(10)
    expect(cache.get('c999')).toBe('x')
    cache.changed({ kind: 'key', id: 'k999' })
    expect(cache.size).toBe(9)
  })

  it('of a lookup under way is not stored after more changes than are kept by id', () => {
    const { cache } = leasedCache()
    const fence = cache.fence()
    cache.changed({ kind: 'key', id: 'k1' })
    for (let i = 0; i < 20_000; i++) cache.changed({ kind: 'key', id: `other${i}` })
    expect(cache.put('a', 'stale', ofKey('k1'), fence)).toBe(false)
  })
})

describe('in any order of events', () => {
  type Step =
    | { do: 'read'; key: number }
    | { do: 'store'; key: number }
    | { do: 'commit'; key: number }
    | { do: 'notify' }
    | { do: 'heartbeat' }
    | { do: 'pass'; by: number }

  const key = fc.nat(2)
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('read' as const), key }),
    fc.record({ do: fc.constant('store' as const), key }),
    fc.record({ do: fc.constant('commit' as const), key }),
    fc.record({ do: fc.constant('notify' as const) }),
    fc.record({ do: fc.constant('heartbeat' as const) }),
    fc.record({ do: fc.constant('pass' as const), by: fc.nat(900) }),
  )

  it('no value is returned that changed longer ago than the staleness bound', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { cache, clock } = leasedCache()
        // The database: the version of each key, the time of its change and the changes to deliver.
        const version = [0, 0, 0]
        const changedAt = [-forever, -forever, -forever]
        const queue: ({ key: number } | { sent: { monotonic: number; wall: number } })[] = []
        const underWay = new Map<number, { version: number; fence: number }>()

        for (const one of steps) {
          if (one.do === 'pass') clock.pass(one.by)
          if (one.do === 'read') {
            const fence = cache.fence()
            underWay.set(one.key, { version: version[one.key] ?? 0, fence })
          }
          if (one.do === 'store') {
            const read = underWay.get(one.key)
            if (read) {
              cache.put(`c${one.key}`, String(read.version), ofKey(`k${one.key}`), read.fence)
            }
          }
          if (one.do === 'commit') {
            version[one.key] = (version[one.key] ?? 0) + 1
            changedAt[one.key] = clock.mono
            queue.push({ key: one.key })
          }
          if (one.do === 'heartbeat') queue.push({ sent: clock.stamp() })
          if (one.do === 'notify') {
            const next = queue.shift()
            if (next && 'key' in next) cache.changed({ kind: 'key', id: `k${next.key}` })
            else if (next) cache.heartbeat(next.sent)
          }
          for (const k of [0, 1, 2]) {
            const answered = cache.get(`c${k}`)
            if (answered === undefined || Number(answered) === version[k]) continue
            const age = clock.mono - (changedAt[k] ?? 0)
            if (age >= 2_000) throw new Error(`answered ${age} ms after the change`)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

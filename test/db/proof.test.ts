import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownPrimary, type ServerState, type Survey } from '../../src/db/proof.ts'

const timeline = fc.nat({ max: 4 }).map((n) => `0000000${n}`)
const survey = (change: Partial<Survey> = {}): Survey => ({
  pid: 1,
  inRecovery: false,
  system: '1',
  timeline: '00000001',
  ...change,
})
const state = (change: Partial<ServerState> = {}): ServerState => ({
  inRecovery: false,
  timeline: '00000001',
  counter: 0,
  ...change,
})
const unproven = (databaseCause: string) => expect.objectContaining({ databaseCause })

describe('the known primary', () => {
  it('refuses the answer of a server in recovery, whatever else it says', () => {
    const primary = new KnownPrimary()
    expect(() => primary.check(state({ inRecovery: true, counter: 9 }), 0)).toThrow(
      unproven('recovery'),
    )
    expect(() => primary.observe(survey({ inRecovery: true }))).toThrow(unproven('recovery'))
  })

  it('refuses an answer that lacks the counter which this node had committed before', () => {
    const primary = new KnownPrimary()
    primary.acknowledge(7, 6, 6)
    const { committed } = primary
    primary.check(state({ counter: 7 }), committed)
    for (const counter of [6, 0, null]) {
      expect(() => primary.check(state({ counter }), committed)).toThrow(unproven('stale-server'))
    }
  })

  it('accepts the highest timeline of a cluster as the primary, in whatever order they are seen', () => {
    fc.assert(
      fc.property(fc.array(timeline, { minLength: 1 }), (timelines) => {
        const primary = new KnownPrimary()
        let highest = ''
        for (const timeline of timelines) {
          if (timeline < highest) {
            expect(() => primary.observe(survey({ timeline }))).toThrow(unproven('old-timeline'))
            expect(() => primary.check(state({ timeline }), 0)).toThrow(unproven('old-timeline'))
          } else {
            primary.observe(survey({ timeline }))
            highest = timeline
            primary.check(state({ timeline }), 0)
          }
        }
      }),
    )
  })

  it('is outdated when a server is on a higher timeline', () => {
    const primary = new KnownPrimary()
    primary.observe(survey())
    expect(primary.isOutdatedBy(state({ timeline: '00000002' }))).toBe(true)
    expect(primary.isOutdatedBy(state())).toBe(false)
  })

  it('compares no timelines of different clusters', () => {
    const primary = new KnownPrimary()
    primary.observe(survey({ timeline: '00000007' }))
    let others = 0
    primary.onOtherHistory(() => others++)
    primary.observe(survey({ system: '2' }))
    expect(others).toBe(1)
    primary.check(state(), 0)
  })

  it('reports another history if the primary lacks what this node had committed', () => {
    const primary = new KnownPrimary()
    let others = 0
    primary.onOtherHistory(() => others++)
    primary.acknowledge(1, null, 0)
    primary.acknowledge(3, 1, 1)
    // It was sent before 3 was committed, and was committed after it.
    primary.acknowledge(2, 3, 1)
    expect(others).toBe(0)
    primary.acknowledge(4, 2, 3)
    primary.acknowledge(5, null, 4)
    expect(others).toBe(2)
  })

  it('uses only the counter if a server reports no timeline', () => {
    const primary = new KnownPrimary()
    primary.observe(survey({ system: null, timeline: null }))
    primary.acknowledge(1, null, 0)
    primary.check(state({ timeline: null, counter: 1 }), 1)
    expect(() => primary.check(state({ timeline: null, counter: 0 }), 1)).toThrow(
      unproven('stale-server'),
    )
  })
})

import { expect, test } from 'vitest'
import { keyStateOf } from '../../src/web/keys/kit/key-state.ts'

const day = 86_400_000
const created = Date.parse('2026-01-01T00:00:00Z')

function stateOf(livesDays: number | null, afterDays: number, more = {}) {
  const key = {
    status: 'ACTIVE' as const,
    createdAt: new Date(created).toISOString(),
    expiresAt: livesDays === null ? null : new Date(created + livesDays * day).toISOString(),
    ...more,
  }
  return keyStateOf(key, created + afterDays * day)
}

test.each([
  [7, 0, 'ACTIVE'],
  [7, 5.24, 'ACTIVE'],
  [7, 5.25, 'expiresSoon'],
  [1, 0, 'ACTIVE'],
  [1, 0.8, 'expiresSoon'],
  [365, 350.9, 'ACTIVE'],
  [365, 351, 'expiresSoon'],
  [365, 365, 'ACTIVE'],
  [null, 1000, 'ACTIVE'],
])('a key for %s days is marked after %s days: %s', (lives, after, state) => {
  expect(stateOf(lives, after)).toBe(state)
})

test('a rotation, a revocation and the end count before the mark', () => {
  expect(stateOf(7, 6, { previousSecret: {} })).toBe('rotating')
  expect(stateOf(7, 6, { previousSecret: null })).toBe('expiresSoon')
  expect(stateOf(7, 6, { status: 'REVOKED' })).toBe('REVOKED')
  expect(stateOf(7, 8, { status: 'EXPIRED' })).toBe('EXPIRED')
})

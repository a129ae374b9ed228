import { describe, expect, it } from 'vitest'
import type { WideningBounds } from '../../src/keys/store.ts'
import { requestedWidening, requireOtherKey, requireWidenable } from '../../src/keys/widen.ts'
import { createScopeCatalogue } from '../../src/scopes.ts'
import { apiKey, principalOf } from '../support/domain.ts'

const catalogue = createScopeCatalogue()
const now = new Date('2026-06-01T12:00:00Z')
const noCeiling = { ceiling: null, issuerCeiling: null }
const code = (expected: string, more: object = {}) =>
  expect.objectContaining({ code: expected, ...more })

describe('the requested scopes', () => {
  it.each<[object, readonly string[] | null]>([
    [{}, null],
    [{ addScopes: null, scopes: ['read:keys'] }, null],
    [{ addScopes: ['write:keys', 'read:keys'], scopes: null }, ['read:keys', 'write:keys']],
  ])('of %j are %j', (input, scopes) => {
    expect(requestedWidening({ id: 'k', ...input }, catalogue)).toEqual(scopes)
  })

  it.each<[object]>([
    [{ addScopes: [] }],
    [{ addScopes: ['read:keys', 'read:keys'] }],
    [{ addScopes: ['read:nothing'] }],
    [{ addScopes: [''] }],
    [{ addScopes: ['read:keys', 'write:grants'] }],
    [{ addScopes: ['manage:keys'] }],
    [{ addScopes: ['read:audit'] }],
    [{ addScopes: ['introspect:tokens'] }],
    [{ addScopes: Array.from({ length: 10_000 }, (_, n) => `read:${n}`) }],
    [{ addScopes: ['read:users'], scopes: ['read:keys'] }],
    [{ addScopes: ['read:users'], scopes: ['read:users'] }],
    [{ addScopes: ['read:users'], scopes: [] }],
  ])('%j are not valid', (input) => {
    expect(() => requestedWidening({ id: 'k', ...input }, catalogue)).toThrow(
      code('BAD_USER_INPUT', { field: 'addScopes' }),
    )
  })
})

it('a key cannot widen itself, whatever its principal holds', () => {
  const key = apiKey('k')
  const principal = principalOf(['read:users', 'write:keys'], { key })
  expect(() => requireOtherKey(principal, 'k', ['write:keys'])).toThrow(
    code('FORBIDDEN', { missingScopes: ['write:keys'] }),
  )
  requireOtherKey(principal, 'child', ['write:keys'])
  requireOtherKey(principalOf(['write:keys']), 'k', ['write:keys'])
})

describe('the state at the time of the change', () => {
  const check = (
    key: Parameters<typeof apiKey>[1],
    bounds: Partial<WideningBounds> = {},
    limitsToGrant = true,
  ) =>
    requireWidenable(
      apiKey('k', { scopes: ['read:keys'], ...key }),
      ['read:keys', 'write:keys'],
      { grant: noCeiling, parentScopes: null, ...bounds },
      { now, limitsToGrant },
    )
  const soon = new Date(now.getTime() + 1)
  const missing = (...missingScopes: string[]) => code('FORBIDDEN', { missingScopes })

  it('allows it within the grant and the parent, without a previous secret', () => {
    check({})
    check({ previousExpiresAt: now })
    check({}, { parentScopes: ['read:keys', 'write:keys'] })
    check({}, { grant: { ceiling: ['write:keys'], issuerCeiling: ['write:keys'] } })
  })

  it('refuses it while a previous secret works', () => {
    expect(() => check({ previousExpiresAt: soon })).toThrow(
      code('CONFLICT', {
        message:
          'The previous secret of the key works until 2026-06-01T12:00:00.001Z and would get the scopes too. Wait until then, or end it with `expirePreviousSecret`.',
      }),
    )
  })

  it('refuses it beyond the grant or the parent', () => {
    for (const grant of [
      { ceiling: ['read:keys'], issuerCeiling: null },
      { ceiling: null, issuerCeiling: ['read:keys'] },
    ]) {
      expect(() => check({}, { grant })).toThrow(missing('write:keys'))
      check({}, { grant }, false)
      const parentScopes = ['read:keys', 'write:keys']
      expect(() => check({}, { grant, parentScopes }, false)).toThrow(missing('write:keys'))
    }
    expect(() => check({}, { parentScopes: ['read:keys'] }, false)).toThrow(
      code('FORBIDDEN', {
        missingScopes: ['write:keys'],
        message:
          'The parent of the key does not hold `write:keys`. A key never has a scope that its parent lacks.',
      }),
    )
  })

  it('does not matter if the key has all of the scopes already', () => {
    check(
      { scopes: ['read:keys', 'write:keys'], previousExpiresAt: soon },
      { grant: { ceiling: [], issuerCeiling: null }, parentScopes: [] },
    )
  })
})

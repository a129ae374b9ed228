import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withinGrant } from '../../src/principal.ts'
import {
  both,
  createScopeCatalogue,
  isScopeName,
  minimal,
  missingScopes,
  nothingRequired,
  type ScopeRequirement,
  satisfies,
  sorted,
} from '../../src/scopes.ts'

const scope = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const scopes = fc.uniqueArray(scope).map((list) => new Set(list))
const requirement: fc.Arbitrary<ScopeRequirement> = fc.array(fc.array(scope, { maxLength: 4 }), {
  maxLength: 4,
})

describe('a requirement', () => {
  it('is met by holding all of any one list', () => {
    const readOrAdmin: ScopeRequirement = [['read', 'list'], ['admin']]
    expect(satisfies(readOrAdmin, new Set(['read']))).toBe(false)
    expect(satisfies(readOrAdmin, new Set(['read', 'list']))).toBe(true)
    expect(satisfies(readOrAdmin, new Set(['admin']))).toBe(true)
  })

  it('of nothing is always met, and of no list never', () => {
    expect(satisfies(nothingRequired, new Set())).toBe(true)
    expect(satisfies([], new Set(['a']))).toBe(false)
  })

  it('lacks nothing exactly when it is met', () => {
    fc.assert(
      fc.property(requirement, scopes, (needed, held) => {
        fc.pre(needed.length > 0)
        expect(missingScopes(needed, held).length === 0).toBe(satisfies(needed, held))
      }),
    )
  })

  it('is met once what is missing is added', () => {
    fc.assert(
      fc.property(requirement, scopes, (needed, held) => {
        fc.pre(needed.length > 0)
        expect(satisfies(needed, new Set([...held, ...missingScopes(needed, held)]))).toBe(true)
      }),
    )
  })

  it('of two is met exactly where both are', () => {
    fc.assert(
      fc.property(requirement, requirement, scopes, (a, b, held) => {
        expect(satisfies(both(a, b), held)).toBe(satisfies(a, held) && satisfies(b, held))
      }),
    )
  })

  it('in its minimal form is always written in one way', () => {
    const needed: ScopeRequirement = [['b a', 'c'], ['b', 'a', 'a'], ['d'], ['b'], ['ab', 'c']]
    const least = [['b'], ['d'], ['ab', 'c'], ['b a', 'c']]
    expect(minimal(needed)).toEqual(least)
    expect(minimal([...needed].reverse())).toEqual(least)
  })

  it('of which as much is missing either way names the first', () => {
    expect(
      missingScopes(
        [
          ['b', 'a'],
          ['c', 'd'],
        ],
        new Set(),
      ),
    ).toEqual(['a', 'b'])
    expect(missingScopes([['b', 'a'], ['c']], new Set())).toEqual(['c'])
    expect(missingScopes([], new Set(['a']))).toEqual([])
  })

  it('in its minimal form means the same, and no list contains another', () => {
    fc.assert(
      fc.property(requirement, scopes, (needed, held) => {
        const least = minimal(needed)
        expect(satisfies(least, held)).toBe(satisfies(needed, held))
        for (const one of least) {
          for (const other of least) {
            if (one !== other) expect(one.every((name) => other.includes(name))).toBe(false)
          }
        }
      }),
    )
  })
})

describe("a grant's ceiling", () => {
  const names = fc.uniqueArray(scope).map(sorted)
  const optional = fc.option(names)

  it('never adds a scope', () => {
    fc.assert(
      fc.property(names, optional, optional, (held, ceiling, issuerCeiling) => {
        const effective = withinGrant(held, { ceiling, issuerCeiling })
        for (const name of effective) {
          expect(held).toContain(name)
          if (ceiling !== null) expect(ceiling).toContain(name)
          if (issuerCeiling !== null) expect(issuerCeiling).toContain(name)
        }
      }),
    )
  })

  it('that is empty leaves nothing: empty is never all', () => {
    expect(withinGrant(['a'], { ceiling: [], issuerCeiling: null })).toEqual([])
    expect(withinGrant(['a'], { ceiling: null, issuerCeiling: [] })).toEqual([])
  })

  it('that no one set leaves all but the administrative scopes', () => {
    const held = ['read:users', 'manage:keys', 'write:grants', 'read:audit', 'introspect:tokens']
    expect(withinGrant(held, { ceiling: null, issuerCeiling: null })).toEqual(['read:users'])
    expect(withinGrant(held, { ceiling: ['manage:keys'], issuerCeiling: null })).toEqual([
      'manage:keys',
    ])
    expect(withinGrant(held, { ceiling: null, issuerCeiling: ['read:audit'] })).toEqual([
      'read:audit',
    ])
  })
})

describe('scope names', () => {
  it.each(['read:users', 'a', 'https://example.com/scope', '!', '~', '#[]'])(
    '%s is one',
    (name) => {
      expect(isScopeName(name)).toBe(true)
    },
  )

  it.each(['', 'a b', 'a"b', 'a\\b', 'ä', 'a\n', 'x'.repeat(129)])('%j is none', (name) => {
    expect(isScopeName(name)).toBe(false)
  })

  it('of other services stand beside the built-in ones', () => {
    const catalogue = createScopeCatalogue({ 'read:orders': 'Read orders.' })
    expect(catalogue.get('read:orders')).toBe('Read orders.')
    expect(catalogue.has('read:users')).toBe(true)
    expect(catalogue.has('__proto__')).toBe(false)
  })
})

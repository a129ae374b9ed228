import { describe, expect, it } from 'vitest'
import { claimPath, readClaim, scopeNames } from '../../src/credentials/claims.ts'

describe('a claim', () => {
  it.each<[string, object, unknown]>([
    ['scope', { scope: 'a' }, 'a'],
    ['scope', {}, undefined],
    ['scope', { scope: null }, null],
    ['realm_access.roles', { realm_access: { roles: ['a'] } }, ['a']],
    ['realm_access.roles', { 'realm_access.roles': 'b' }, 'b'],
    ['realm_access.roles', { 'realm_access.roles': 'b', realm_access: { roles: 'a' } }, 'b'],
    ['realm_access.roles', { realm_access: 'roles' }, undefined],
    ['realm_access.roles', { realm_access: null }, undefined],
    ['realm_access.roles', { realm_access: {} }, undefined],
    ['a.0', { a: ['b'] }, undefined],
    ['a.b.c', { a: { b: { c: 1 } } }, 1],
    ['https://x.example/scopes', { 'https://x.example/scopes': ['a'] }, ['a']],
    // Inherited members of an object are not claims.
    ['toString', {}, undefined],
    ['__proto__', {}, undefined],
    ['constructor.name', {}, undefined],
    ['a.length', { a: 'text' }, undefined],
  ])('%s of %j is %j', (name, claims, value) => {
    expect(readClaim(claims as Record<string, unknown>, claimPath(name))).toEqual(value)
  })

  it('has one path, and another one if its name has dots', () => {
    expect(claimPath('scope')).toEqual([['scope']])
    expect(claimPath('a.b')).toEqual([['a.b'], ['a', 'b']])
  })

  it('is searched by each path in turn', () => {
    const path = [['a'], ['b', 'c']]
    expect(readClaim({ a: 1, b: { c: 2 } }, path)).toBe(1)
    expect(readClaim({ b: { c: 2 } }, path)).toBe(2)
    expect(readClaim({}, [])).toBeUndefined()
  })
})

describe('the scopes that a claim lists', () => {
  it.each<[unknown, readonly string[] | undefined]>([
    ['read:users write:users', ['read:users', 'write:users']],
    ['', []],
    ['  a  b ', ['a', 'b']],
    ['a\tb c', ['c']],
    ['"a" b', ['b']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[], []],
    [['a b', 'c', 1, null, '', {}], ['c']],
    [undefined, undefined],
    [null, undefined],
    [1, undefined],
    [{ a: true }, undefined],
  ])('as %j are %j', (value, names) => {
    expect(scopeNames(value)).toEqual(names)
  })
})

import { describe, expect, test } from 'vitest'
import { divideStaleness } from '../../src/http/forward-auth.ts'
import { readForwardAuthSettings } from '../../src/http/forward-auth-settings.ts'

const defaults = { scopes: [], audience: 'backend', optional: false }

describe('settings', () => {
  test.each([
    ['/auth/verify', {}],
    ['/auth/verify?', {}],
    ['/auth/verify?scope=read:users', { scopes: ['read:users'] }],
    ['/auth/verify?scope=write:users%20read:users', { scopes: ['read:users', 'write:users'] }],
    ['/auth/verify?scope=write:users+read:users', { scopes: ['read:users', 'write:users'] }],
    ['/auth/verify?audience=orders&optional=true', { audience: 'orders', optional: true }],
    ['/auth/verify?optional=false', {}],
    [
      '/auth/verify;scope=read:users%20x;audience=orders/',
      { scopes: ['read:users', 'x'], audience: 'orders' },
    ],
    ['/auth/verify;optional=true/a/b?scope=x', { optional: true }],
    ['/auth/verify;audience=https:%2F%2Forders/a', { audience: 'https://orders' }],
  ])('%s', (target, settings) => {
    expect(readForwardAuthSettings(target)).toEqual({ ...defaults, ...settings })
  })

  test.each([
    '/auth/verify/?optional=true',
    '/auth/verify/orders?optional=true&scope=',
    '/auth/verify/optional=true/orders',
    '/auth/verify/;optional=true/orders',
    '/auth/verify/..;optional=true/?optional=true',
    '/auth/verify/../verify?optional=true',
    '/auth/verify/%2e%2e/verify?optional=true',
    '/auth/verify/\\..\\verify?optional=true',
    '/auth/verify/x?unknown=1&unknown=2',
  ])('are never read from the part of a client: %s', (target) => {
    expect(readForwardAuthSettings(target)).toEqual(defaults)
  })

  test.each([
    '/auth/verify;scope=a/?optional=true',
    '/auth/verify;scope=a/;optional=true/',
    '/auth/verify;scope=a/../verify;optional=true/',
    '/auth/verify;scope=a?optional=true',
  ])('of the prefix apply whatever a client appends: %s', (target) => {
    expect(readForwardAuthSettings(target)).toEqual({ ...defaults, scopes: ['a'] })
  })

  test.each([
    ['/auth/verify?scopes=x', '`scopes`'],
    ['/auth/verify?scope=a&scope=b', 'is repeated'],
    ['/auth/verify?scope=', 'scope is invalid'],
    ['/auth/verify?scope=a%20%20b', 'scope is invalid'],
    ['/auth/verify?scope=a%0Ab', 'scope is invalid'],
    ['/auth/verify?scope', 'scope is invalid'],
    ['/auth/verify?audience=', 'audience is invalid'],
    ['/auth/verify?audience=a%20b', 'audience is invalid'],
    ['/auth/verify?audience=%C3%A9', 'audience is invalid'],
    ['/auth/verify?optional=1', 'optional is invalid'],
    ['/auth/verify?__proto__=1', 'no parameter'],
    ['/auth/verify?%22%3Cscript%3E=1', 'of that name'],
    ['/auth/verify;', 'no parameter'],
    ['/auth/verify;scope=a;scope=b/', 'is repeated'],
    ['/auth/verify;scope=%/', 'percent-encoding'],
    ['/auth/verifyx', 'not /auth/verify'],
    ['/auth/verify%3Foptional=true', 'not /auth/verify'],
  ])('that are invalid are a fault: %s', (target, message) => {
    expect(() => readForwardAuthSettings(target)).toThrow(message)
  })
})

test.each([
  [500, 500, 0],
  [2000, 2000, 0],
  [3999, 3999, 0],
  [4000, 2000, 1],
  [5999, 3999, 1],
  [6000, 3000, 2],
  [60_000, 30_000, 29],
])(
  'of a bound of %i ms the node has %i ms and a proxy %i s and one for its clock',
  (bound, node, proxy) => {
    expect(divideStaleness(bound)).toEqual({ nodeMs: node, proxySeconds: proxy })
    expect(node + (proxy === 0 ? 0 : (proxy + 1) * 1000)).toBeLessThanOrEqual(bound)
  },
)

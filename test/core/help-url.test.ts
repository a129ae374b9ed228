import { expect, test } from 'vitest'
import { createHelpUrl } from '../../src/help-url.ts'
import { apiKey, principalOf } from '../support/domain.ts'

const helpUrl = createHelpUrl('https://api.example/keys/')
const withJwt = principalOf(['read:users'])
const withKey = principalOf(['read:users'], { key: apiKey('4fQ1Zs0bKx8TtYv2') })

test('a JWT or session leads to a new key with the missing scopes', () => {
  const url = 'https://api.example/keys/new?scopes=read:keys%20write:keys'
  expect(helpUrl(withJwt, ['read:keys', 'write:keys'])).toBe(url)
  const session = { ...withJwt, credential: { ...withJwt.credential, kind: 'SESSION' as const } }
  expect(helpUrl(session, ['read:keys', 'write:keys'])).toBe(url)
})

test('an API key leads to itself, with the scopes to add', () => {
  expect(helpUrl(withKey, ['read:keys', 'write:keys'])).toBe(
    'https://api.example/keys/4fQ1Zs0bKx8TtYv2?add=read:keys%20write:keys',
  )
})

test('scopes that cannot be added to an API key lead to a new one', () => {
  expect(helpUrl(withKey, ['read:audit', 'read:keys'])).toBe(
    'https://api.example/keys/new?scopes=read:audit%20read:keys',
  )
})

test.each([['a&b=c#d+e%f'], ['x/?:@']])(
  'the scope %s is what the page reads from the URL',
  (scope) => {
    const url = new URL(helpUrl(withJwt, ['a', scope]) ?? '')
    expect(url.searchParams.get('scopes')?.split(' ')).toEqual(['a', scope])
    expect(url.hash).toBe('')
  },
)

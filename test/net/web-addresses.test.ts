import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBaseUrl, isHttpUrl, isOwnPath } from '../../src/net/web-addresses.ts'

/** Texts of the characters that matter to parsers of URLs. */
const text = fc
  .array(fc.constantFrom('/', '\\', '.', '%2e', '%2E', '\t', '\n', '\0', '@', ':', '?', '#', 'a'))
  .map((parts) => parts.join(''))

describe('a path', () => {
  it.each(['/', '/login', '/a/b?next=/..#x', '/größe', '/a//b'])('may be %j', (path) => {
    expect(isOwnPath(path)).toBe(true)
  })

  it.each([
    '',
    'login',
    '//x',
    '/\\x',
    '\\/x',
    '/\t/x',
    '/..',
    '/a/./b',
    '/%2e%2E/',
    '/.%2e',
    '/a b',
    '/\0',
  ])('is not %j', (path) => {
    expect(isOwnPath(path)).toBe(false)
  })

  it('stays on the host of the page, and keeps its segments', () => {
    fc.assert(
      fc.property(text, (rest) => {
        const path = `/${rest}`
        if (!isOwnPath(path)) return
        const { origin, pathname } = new URL(path, 'https://page.example/keys')
        expect(origin).toBe('https://page.example')
        expect(pathname).toBe(path.split(/[?#]/)[0])
      }),
    )
  })
})

describe('a URL', () => {
  it.each(['https://a.example', 'http://a.example:8080/x?y#z'])('may be %j', (url) => {
    expect(isHttpUrl(url)).toBe(true)
  })

  it.each([
    'https:a.example',
    'https:///a.example',
    'https:\\\\a.example',
    'https://a.example\\@b.example',
    'https://u@a.example',
    'https://a.example/\tx',
    ' https://a.example',
    'javascript:alert(1)',
  ])('is not %j', (url) => {
    expect(isHttpUrl(url)).toBe(false)
    expect(isBaseUrl(url)).toBe(false)
  })

  it('to which paths are appended stays on its host', () => {
    expect(isBaseUrl('https://a.example/base/')).toBe(true)
    for (const url of [
      'https://a.example//b.example',
      'https://a.example/x?y',
      'https://a.example/#',
    ]) {
      expect(isBaseUrl(url)).toBe(false)
    }
    fc.assert(
      fc.property(text, (rest) => {
        const url = `https://a.example/${rest}`
        if (!isBaseUrl(url)) return
        const { origin, pathname } = new URL(url)
        const appended = `${pathname.replace(/\/+$/, '')}/sign-in`
        expect(new URL(appended, origin).href).toBe(`${origin}${appended}`)
      }),
    )
  })
})

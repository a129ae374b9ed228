import { describe, expect, it } from 'vitest'
import {
  requireDistinctScopes,
  requireInCatalogue,
  requireKnownScopes,
} from '../../src/scope-rules.ts'
import { createScopeCatalogue } from '../../src/scopes.ts'
import { optionalText, requiredText } from '../../src/text-rules.ts'

const badInput = (message: string) =>
  expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'name', message })

describe('a text', () => {
  it.each([
    ['as it is', 'Ada', 'Ada'],
    ['without white space around it', ' \t Ada L. \n', 'Ada L.'],
    ['with letters of any script', 'Ærø 中文 العربية 😀', 'Ærø 中文 العربية 😀'],
    ['of 20 characters that take more code units', '😀'.repeat(20), '😀'.repeat(20)],
  ])('is kept %s', (_name, value, kept) => {
    expect(requiredText('name', value, { maxLength: 20 })).toBe(kept)
    expect(optionalText('name', value, { maxLength: 20 })).toBe(kept)
  })

  it.each(['', ' ', '\n\t'])('that is empty is refused where one is needed (%j)', (value) => {
    expect(() => requiredText('name', value, { maxLength: 20 })).toThrow(
      badInput('`name` must not be empty.'),
    )
    expect(optionalText('name', value, { maxLength: 20 })).toBeNull()
  })

  it('that is not there is nothing', () => {
    expect(optionalText('name', null, { maxLength: 20 })).toBeNull()
    expect(optionalText('name', undefined, { maxLength: 20 })).toBeNull()
  })

  it('that is too long is refused, with how long it is', () => {
    for (const value of ['x'.repeat(21), '😀'.repeat(21)]) {
      expect(() => requiredText('name', value, { maxLength: 20 })).toThrow(
        badInput('`name` has 21 characters; at most 20 are allowed.'),
      )
    }
  })

  it('that is far too long is not counted', () => {
    expect(() => requiredText('name', 'x'.repeat(1_000_000), { maxLength: 20 })).toThrow(
      badInput('`name` has 1000000 characters; at most 20 are allowed.'),
    )
  })

  it.each([
    '\0',
    '\x07',
    '\x1b',
    '\x7f',
    '\x85',
    '\x9f',
    '\ud800',
    '\udc00',
    '\u2028',
    '\u2029',
    '\u061c',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202c',
    '\u202e',
    '\u2066',
    '\u2068',
    '\u2069',
    '\ufeff',
  ])('that holds %j is refused, with several lines or without', (character) => {
    const refused = badInput('`name` contains control characters.')
    for (const multiline of [true, false]) {
      const rule = { maxLength: 20, multiline }
      expect(() => requiredText('name', `a${character}b`, rule)).toThrow(refused)
      expect(() => optionalText('name', `a${character}b`, rule)).toThrow(refused)
    }
  })

  it.each(['\n', '\r\n', '\r', '\t'])('may hold %j where it may have several lines', (line) => {
    const value = `a${line}b${line}c`
    expect(requiredText('name', value, { maxLength: 20, multiline: true })).toBe(value)
    expect(() => requiredText('name', value, { maxLength: 20 })).toThrow(
      badInput('`name` contains control characters.'),
    )
  })

  it.each([
    ['a soft hyphen', 'pay\u00ADroll'],
    ['a combining grapheme joiner', 'a\u034Fb'],
    ['a Hangul filler', 'a\u3164b'],
    ['a half-width Hangul filler', 'a\uFFA0b'],
    ['a Khmer vowel without a shape', 'a\u17B4b'],
    ['a Mongolian vowel separator', 'a\u180Eb'],
    ['a zero-width space', 'ad\u200Bmin'],
    ['a word joiner', 'ad\u2060min'],
    ['an invisible plus', 'a\u2064b'],
    ['a reserved code point that is ignored', 'a\uFFF0b'],
    ['a musical beam', 'a\u{1D173}b'],
    ['tag characters', 'ci\u{E0063}\u{E0069}'],
    ['a tag sequence of an emoji', '🏴\u{E0067}\u{E0062}\u{E007F}'],
    ['a variation selector behind a letter', 'a\uFE0Fb'],
    ['a supplementary variation selector', 'a\u{E0100}b'],
    ['two variation selectors', '❤\uFE0F\uFE0F'],
    ['a joiner at the beginning', '\u200Dab'],
    ['a joiner at the end', 'ab\u200C'],
    ['two joiners', 'a\u200D\u200Db'],
    ['a joiner beside a space', 'a \u200Db'],
    ['a joiner between digits', '1\u200C2'],
    ['invisible characters alone', '\u200B\u2060'],
    ['a Hangul filler alone', '\u3164'],
  ])('with %s is refused', (_name, value) => {
    const refused = badInput('`name` contains invisible characters.')
    for (const multiline of [true, false]) {
      expect(() => requiredText('name', value, { maxLength: 20, multiline })).toThrow(refused)
    }
  })

  it.each([
    ['a joiner between letters', 'می\u200Cخواهم'],
    ['a joiner behind a virama', 'क्\u200Dष'],
    ['a family', '👨\u200D👩\u200D👧'],
    ['an emoji with a skin tone', '👩🏽\u200D🚀'],
    ['an emoji with a variation selector', '❤\uFE0F\u200D🔥'],
    ['a flag', '🏳\uFE0F\u200D🌈 🇳🇴'],
    ['a keycap', '1\uFE0F\u20E3'],
    ['combining marks', 'e\u0301a\u030A'],
  ])('with %s is kept', (_name, value) => {
    expect(requiredText('name', value, { maxLength: 40 })).toBe(value)
  })

  it.each(['\u2800', '\u2800 \u2800', '\u{1D159}'])('without a shape (%j) is refused', (value) => {
    expect(() => requiredText('name', value, { maxLength: 20 })).toThrow(
      badInput('`name` must contain a visible character.'),
    )
  })
})

describe('a list of scopes', () => {
  const catalogue = createScopeCatalogue({ 'read:orders': 'Read orders.' })

  it('is sorted', () => {
    const scopes = ['write:users', 'read:orders', 'read:users']
    expect(requireKnownScopes('name', scopes, catalogue)).toEqual([
      'read:orders',
      'read:users',
      'write:users',
    ])
  })

  it('names at least one, where that is needed', () => {
    expect(() => requireKnownScopes('name', [], catalogue)).toThrow(
      badInput('`name` must name at least one scope.'),
    )
    expect(requireDistinctScopes('name', [])).toEqual([])
  })

  it('names none twice', () => {
    for (const check of [requireKnownScopes, requireDistinctScopes]) {
      expect(() => check('name', ['read:users', 'read:users'], catalogue)).toThrow(
        badInput('`name` contains a scope twice.'),
      )
    }
  })

  it('names those of this server only, and says which they are', () => {
    const known = [...catalogue.keys()].join(', ')
    expect(known).toMatch(/^read:users, .+, read:orders$/)
    const refused = badInput(
      `\`name\`: \`read:user\` is not a scope of this server. It has ${known}.`,
    )
    expect(() => requireKnownScopes('name', ['read:users', 'read:user'], catalogue)).toThrow(
      refused,
    )
    expect(() => requireInCatalogue('name', ['read:user'], catalogue)).toThrow(refused)
    expect(requireInCatalogue('name', ['read:users'], catalogue)).toBeUndefined()
  })

  it('is not repeated where it holds what no scope could be', () => {
    expect(() => requireInCatalogue('name', ['<script> "'], catalogue)).toThrow(
      badInput(
        `\`name\`: one is not a scope of this server. It has ${[...catalogue.keys()].join(', ')}.`,
      ),
    )
  })
})

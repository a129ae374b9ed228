import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/json.ts'
import { apiKeyStatus, previousSecret } from '../../src/keys/api-key.ts'
import { checkMetadata, gracePeriod, resolveExpiry } from '../../src/keys/rules.ts'
import { apiKey } from '../support/domain.ts'

const now = new Date('2026-06-01T12:00:00Z')
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)
const day = 86_400_000
const lastDate = new Date('9999-12-31T00:00:00Z')
const badInput = (field: string, message: string | RegExp) =>
  expect.objectContaining({
    code: 'BAD_USER_INPUT',
    field,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })

describe('the expiry of a new key', () => {
  it.each<[string, Date | null | undefined, Date | null, number | null, Date | null]>([
    ['is none where nothing is asked or limited', null, null, null, null],
    ['is as asked', later(5), null, null, later(5)],
    ['is as asked up to the last date', lastDate, null, null, lastDate],
    ['is as asked up to the parent', later(5), later(5), null, later(5)],
    ['is as asked up to the limit', later(2 * day), null, 2, later(2 * day)],
    ['is the parent when nothing is asked', undefined, later(5), null, later(5)],
    ['is the limit when nothing is asked', undefined, null, 2, later(2 * day)],
    ['is the earlier of both: the parent', null, later(day), 2, later(day)],
    ['is the earlier of both: the limit', null, later(3 * day), 2, later(2 * day)],
  ])('%s', (_name, asked, parentExpiresAt, maxLifetimeDays, expected) => {
    expect(resolveExpiry(asked, now, { parentExpiresAt, maxLifetimeDays })).toEqual(expected)
  })

  it.each<[string, Date, Date | null, number | null, string]>([
    ['in the past', later(-1), null, null, '`expiresAt` is in the past.'],
    ['now', now, null, null, '`expiresAt` is in the past.'],
    [
      'after the last date',
      new Date(lastDate.getTime() + 1),
      null,
      null,
      '`expiresAt` is after the year 9998. Leave it out for a key that does not expire.',
    ],
    [
      'after the parent',
      later(6),
      later(5),
      null,
      '`expiresAt` is later than the expiry of the parent key, 2026-06-01T12:00:00.005Z.',
    ],
    [
      'after the limit',
      later(2 * day + 1),
      null,
      2,
      '`expiresAt` is too late: on this server a key lives at most 2 days.',
    ],
    [
      'after a limit of one day',
      later(day + 1),
      null,
      1,
      '`expiresAt` is too late: on this server a key lives at most 1 day.',
    ],
  ])('is refused %s', (_name, asked, parentExpiresAt, maxLifetimeDays, message) => {
    expect(() => resolveExpiry(asked, now, { parentExpiresAt, maxLifetimeDays })).toThrow(
      badInput('expiresAt', message),
    )
  })
})

describe('the grace period of a rotation', () => {
  it.each<[number | null | undefined, number]>([
    [undefined, 86_400_000],
    [null, 86_400_000],
    [0, 0],
    [1, 1000],
    [2_592_000, 2_592_000_000],
  ])('of %s seconds is %i milliseconds', (seconds, milliseconds) => {
    expect(gracePeriod(seconds)).toBe(milliseconds)
  })

  it.each([-1, 2_592_001])('is not %i seconds', (seconds) => {
    expect(() => gracePeriod(seconds)).toThrow(
      badInput(
        'gracePeriodSeconds',
        '`gracePeriodSeconds` must be between 0 and 2592000 (30 days).',
      ),
    )
  })
})

describe('metadata', () => {
  const nested = (levels: number): JsonObject => {
    let value: JsonObject = {}
    for (let i = 1; i < levels; i++) value = { in: value }
    return value
  }
  const listed = (levels: number): JsonObject => {
    let value: JsonValue = []
    for (let i = 2; i < levels; i++) value = [value]
    return { in: value }
  }
  /** Makes metadata of exactly `bytes` bytes as JSON. */
  const sized = (bytes: number): JsonObject => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })

  it.each<[string, JsonObject]>([
    ['is nothing', {}],
    ['holds all that JSON can', { a: [1, true, null, 'ä', { b: 'c' }], d: -0.5 }],
    ['is 8 levels deep', nested(8)],
    ['is 8 levels deep in lists', listed(8)],
    ['has 4096 bytes', sized(4096)],
    ['holds characters beyond the basic plane', { '😀': '😀' }],
  ])('that %s is stored unchanged', (_name, metadata) => {
    expect(checkMetadata(metadata)).toEqual(metadata)
  })

  it.each<[string, JsonObject, RegExp]>([
    ['is 9 levels deep', nested(9), /^`metadata` is nested deeper than 8 levels\.$/],
    ['is 9 levels deep in lists', listed(9), /deeper/],
    ['is deep beside what is not', { a: 1, b: nested(8), c: 'd' }, /deeper/],
    ['is 3000 levels deep', nested(3000), /deeper/],
    ['has 4097 bytes', sized(4097), /^`metadata` is larger than 4096 bytes\.$/],
    ['has 4097 bytes of UTF-8', { a: 'ä'.repeat(2045) }, /larger/],
    [
      'holds NUL',
      { a: 'b\0' },
      /^`metadata` must not contain the character U\+0000 or an unpaired surrogate, as `metadata\.a` does\.$/,
    ],
    ['holds NUL in a list', { a: ['b', ['\0']] }, /, as `metadata\.a\[1\]\[0\]` does/],
    [
      'holds half a surrogate pair',
      { a: 1, 'b c': { b: '\ud800' } },
      /`metadata\["b c"\]\.b` does/,
    ],
    [
      'holds half a surrogate pair in a name',
      { a: { '\udc00': 1 } },
      /a key in `metadata\.a` does/,
    ],
  ])('that %s is refused', (_name, metadata, message) => {
    expect(() => checkMetadata(metadata)).toThrow(badInput('metadata', message))
  })
})

describe('the status of a key', () => {
  it.each([
    ['ACTIVE', {}],
    ['ACTIVE', { lineageExpiresAt: later(1) }],
    ['EXPIRED', { lineageExpiresAt: now }],
    ['EXPIRED', { lineageExpiresAt: later(-1) }],
    // The effective expiry, which includes the ancestors', counts, not the key's own.
    ['ACTIVE', { expiresAt: later(-1), lineageExpiresAt: null }],
    ['REVOKED', { revokedAt: later(-1) }],
    ['REVOKED', { revokedAt: later(-1), lineageExpiresAt: later(-2) }],
  ])('is %s with %o', (status, properties) => {
    expect(apiKeyStatus(apiKey('k', properties), now)).toBe(status)
  })

  it('includes the previous secret only while it works', () => {
    const rotated = { previousExpiresAt: later(1), previousLastUsedAt: later(-9) }
    const of = (properties: object) => previousSecret(apiKey('k', properties), now)
    expect(of(rotated)).toEqual({ expiresAt: later(1), lastUsedAt: later(-9), lastUsedFrom: null })
    expect(of({})).toBeNull()
    expect(of({ ...rotated, previousExpiresAt: now })).toBeNull()
    expect(of({ ...rotated, previousExpiresAt: later(-1) })).toBeNull()
    expect(of({ ...rotated, revokedAt: now })).toBeNull()
    expect(of({ ...rotated, lineageExpiresAt: now })).toBeNull()
  })
})

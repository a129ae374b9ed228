import { describe, expect, it } from 'vitest'
import { notFromOwnPage } from '../../src/credentials/own-pages.ts'
import { resolveSession, type SessionSettings } from '../../src/credentials/session-settings.ts'
import { createAuthenticator } from '../../src/index.ts'

const valid: SessionSettings = { issuer: 'https://shop.example', identify: () => null }
const jwtIssuers = new Set(['https://issuer.example'])

describe('the settings of a session', () => {
  it.each<[object | null, RegExp]>([
    [null, /^session: must be an object/],
    [{ ...valid, issuer: '' }, /issuer: must be 1 to 2048/],
    [{ ...valid, issuer: 'a b' }, /issuer: must be/],
    [{ ...valid, issuer: 'x'.repeat(2049) }, /issuer: must be/],
    [{ ...valid, issuer: 5 }, /issuer: must be/],
    [{ ...valid, issuer: 'urn:latchkey:x' }, /issuer: must not/],
    [{ ...valid, issuer: 'http://localhost:4000/dev/issuer' }, /issuer: must not/],
    [{ ...valid, issuer: 'https://issuer.example' }, /issuer: is also an issuer of JWTs/],
    [
      { ...valid, issuer: 'https://issuer.example', sharesUsers: 'yes' },
      /issuer: is also .*; sharesUsers: must be/,
    ],
    [{ ...valid, identify: undefined }, /identify: must be a function/],
    [{ ...valid, origins: 'https://a.example' }, /origins: must be an array/],
    [{ ...valid, origins: ['https://a.example/'] }, /origins: "https:\/\/a\.example\/" must be/],
    [{ ...valid, origins: ['*', 'null', 'a.example', 'ws://a.example'] }, /"\*", "null", "a\.ex/],
    [{ ...valid, timeoutMs: 0 }, /timeoutMs: must be/],
    [{ ...valid, timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs: must be/],
    [{ ...valid, orgins: [] }, /orgins: this setting does not exist/],
  ])('%o are refused', (settings, message) => {
    expect(() => resolveSession(settings as SessionSettings, jwtIssuers)).toThrow(message)
  })

  it('may share the users of an issuer of JWTs, if that is stated', () => {
    const issuer = 'https://issuer.example'
    expect(resolveSession({ ...valid, issuer, sharesUsers: true }, jwtIssuers)).toMatchObject({
      issuer,
      timeoutMs: 5000,
    })
  })

  it('never name an alias, under which no user is stored', () => {
    const [issuer, alias] = ['https://issuer.example', 'https://login.example']
    const names = new Set([issuer, alias])
    const shared = { ...valid, sharesUsers: true }
    expect(() => resolveSession({ ...shared, issuer: alias }, names, new Set([alias]))).toThrow(
      /issuer: is an alias of an issuer of JWTs/,
    )
    const directory = { findKeyForVerification: async () => null } as never
    const issuers = [{ issuer, audience: 'x', aliases: [alias] }]
    const session = { ...shared, issuer: alias }
    expect(() => createAuthenticator({ issuers, session, directory })).toThrow(/is an alias/)
  })

  it('need a directory', () => {
    expect(() => createAuthenticator({ session: valid })).toThrow(/^session: needs a `directory`/)
  })
})

describe('a session counts', () => {
  const json = { 'content-type': 'application/json' }
  const own = { ...json, host: 'shop.example', origin: 'https://shop.example' }
  const counts = (method: string | undefined, headers: Record<string, string>) =>
    notFromOwnPage(
      {
        header: (name) => headers[name] ?? null,
        queryParameters: () => [],
        ...(method !== undefined && { method }),
      },
      new Set(['https://app.example']),
    ) === null

  it.each<[string, Record<string, string>]>([
    ['same origin', { ...json, 'sec-fetch-site': 'same-origin' }],
    ['parameters of JSON', { ...own, 'content-type': 'Application/JSON; charset=utf-8' }],
    ['the origin of the host', own],
    ['a port', { ...json, host: 'localhost:4000', origin: 'http://localhost:4000' }],
    ['a default port', { ...json, host: 'shop.example:443', origin: 'https://shop.example' }],
    ['an allowed origin', { ...json, origin: 'https://app.example' }],
    [
      'an allowed origin of another site',
      { ...json, origin: 'https://app.example', 'sec-fetch-site': 'cross-site' },
    ],
  ])('for a POST with %s', (_name, headers) => {
    expect(counts('POST', headers)).toBe(true)
  })

  it.each<[string, string | undefined, Record<string, string>]>([
    ['a GET', 'GET', own],
    ['a PUT', 'PUT', own],
    ['a method in lower case', 'post', own],
    ['no method', undefined, own],
    ['no origin', 'POST', { ...json, host: 'shop.example' }],
    ['no content type', 'POST', { host: own.host, origin: own.origin }],
    ...[
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      'text/plain; application/json',
      'text/plain, application/json',
      'application/json, text/plain',
    ].map((type): [string, string, Record<string, string>] => [
      type,
      'POST',
      { ...own, 'content-type': type, 'sec-fetch-site': 'same-origin' },
    ]),
    ...['cross-site', 'same-site', 'none', '', 'same-origin, same-origin', 'Same-Origin'].map(
      (site): [string, string, Record<string, string>] => [
        `Sec-Fetch-Site: ${site}`,
        'POST',
        { ...own, 'sec-fetch-site': site },
      ],
    ),
    ...[
      'https://evil.example',
      'null',
      '',
      'shop.example',
      'https://shop.example.evil.example',
      'https://shop.example:8443',
      'https://app.example.',
      'https://app.example, https://app.example',
      'https://evil@shop.example.x',
    ].map((origin): [string, string, Record<string, string>] => [
      `Origin: ${origin}`,
      'POST',
      { ...own, origin },
    ]),
    ['a strange host', 'POST', { ...own, host: 'evil.example/@shop.example' }],
    ['an upgrade without an origin', 'GET', { upgrade: 'websocket', host: 'shop.example' }],
    [
      'an upgrade that is only said to be of the same origin',
      'GET',
      { upgrade: 'websocket', host: 'shop.example', 'sec-fetch-site': 'same-origin' },
    ],
    [
      'an upgrade of another origin',
      'GET',
      { upgrade: 'websocket', host: 'shop.example', origin: 'https://evil.example' },
    ],
    [
      'an upgrade that a page of another site starts at the scheme of this one',
      'GET',
      {
        upgrade: 'websocket',
        host: 'shop.example',
        origin: 'http://shop.example',
        'sec-fetch-site': 'cross-site',
      },
    ],
    ['an upgrade to something else', 'GET', { ...own, upgrade: 'h2c' }],
  ])('not for %s', (_name, method, headers) => {
    expect(counts(method, headers)).toBe(false)
  })

  it('for a WebSocket upgrade with such an origin', () => {
    const upgrade = { upgrade: 'WebSocket', host: 'shop.example' }
    expect(counts('GET', { ...upgrade, origin: 'https://shop.example' })).toBe(true)
    expect(counts('GET', { ...upgrade, origin: 'https://app.example' })).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import {
  type CredentialSources,
  readCredential,
} from '../../src/credentials/presented-credential.ts'

const sources: CredentialSources = {
  apiKeyHeader: 'x-api-key',
  jwtHeader: null,
  apiKeyQueryParameter: null,
  keyPrefix: 'lk',
  importedForms: [],
}
const key = 'lk_0123456789abcdef_0123456789'
const jwt = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln'

function read(
  headers: Record<string, string>,
  changes: Partial<CredentialSources> = {},
  parameters: Record<string, string[]> = {},
) {
  return readCredential(
    {
      header: (name) => new Headers(headers).get(name),
      queryParameters: (name) => parameters[name] ?? [],
    },
    { ...sources, ...changes },
  )
}

/** An application may have issued it. */
const unrecognisedBearer = { kind: 'unrecognised', isBearer: true }

describe('the credential of a request', () => {
  it.each([
    ['nothing', {}, { kind: 'none' }],
    ['a key as bearer', { authorization: `Bearer ${key}` }, { kind: 'api-key', text: key }],
    ['a key in its header', { 'x-api-key': key }, { kind: 'api-key', text: key }],
    ['a JWT as bearer', { authorization: `Bearer ${jwt}` }, { kind: 'jwt', token: jwt }],
    ['a lower-case scheme', { authorization: `bearer ${jwt}` }, { kind: 'jwt', token: jwt }],
    ['several spaces', { authorization: `BEARER   ${key}` }, { kind: 'api-key', text: key }],
    ['an unsigned JWT', { authorization: 'Bearer a.b.' }, { kind: 'jwt', token: 'a.b.' }],
    ['a JWT of four parts', { authorization: 'Bearer a.b.c.d' }, unrecognisedBearer],
    ['a JWT of two parts', { authorization: 'Bearer a.b' }, unrecognisedBearer],
    ['a JWT without a header', { authorization: 'Bearer .b.c' }, unrecognisedBearer],
    ['a JWT of dots', { authorization: 'Bearer a..' }, { kind: 'jwt', token: 'a..' }],
    ['two words with a tab', { authorization: `Bearer ${jwt}\tx` }, unrecognisedBearer],
    ['no scheme', { authorization: key }, { kind: 'unrecognised' }],
    ['two words', { authorization: `Bearer ${key} x` }, { kind: 'unrecognised' }],
    ['an opaque token', { authorization: 'Bearer opaque' }, unrecognisedBearer],
    ['a tab after the scheme', { authorization: `Bearer\t${key}` }, { kind: 'unrecognised' }],
    ['null in another case', { authorization: 'Bearer NULL' }, unrecognisedBearer],
    ['a JWT in the key header', { 'x-api-key': jwt }, { kind: 'unrecognised' }],
    ['a key header with a scheme', { 'x-api-key': `Bearer ${key}` }, { kind: 'unrecognised' }],
    ['key of another prefix', { 'x-api-key': 'sk_abc' }, { kind: 'unrecognised' }],
    ['both headers', { authorization: `Bearer ${jwt}`, 'x-api-key': key }, { kind: 'ambiguous' }],
    ['the same twice', { authorization: `Bearer ${key}`, 'x-api-key': key }, { kind: 'ambiguous' }],
    ['one header twice', { authorization: `Bearer ${jwt}, Bearer ${jwt}` }, { kind: 'ambiguous' }],
    ['a comma in the key', { 'x-api-key': `${key},${key}` }, { kind: 'ambiguous' }],
    ['a comma after it', { authorization: `Bearer ${jwt},` }, { kind: 'ambiguous' }],
  ])('%s', (_name, headers, expected) => {
    expect(read(headers as Record<string, string>)).toEqual(expected)
  })

  it('may be in other configured headers', () => {
    const changes = { apiKeyHeader: 'x-lk', jwtHeader: 'x-jwt' }
    expect(read({ 'x-lk': key }, changes)).toEqual({ kind: 'api-key', text: key })
    expect(read({ 'x-jwt': jwt }, changes)).toEqual({ kind: 'jwt', token: jwt })
    expect(read({ 'x-jwt': `Bearer ${jwt}` }, changes)).toEqual({ kind: 'jwt', token: jwt })
    expect(read({ 'x-jwt': jwt, authorization: `Bearer ${jwt}` }, changes)).toEqual({
      kind: 'ambiguous',
    })
    expect(read({ 'x-api-key': key }, changes)).toEqual({ kind: 'none' })
  })

  it('may be in the configured query parameter, once', () => {
    const changes = { apiKeyQueryParameter: 'key' }
    expect(read({}, {}, { key: [key] })).toEqual({ kind: 'none' })
    expect(read({}, changes, { key: [key] })).toEqual({ kind: 'api-key', text: key })
    expect(read({}, changes, { key: [key, key] })).toEqual({ kind: 'ambiguous' })
    expect(read({ 'x-api-key': key }, changes, { key: [key] })).toEqual({ kind: 'ambiguous' })
  })
})

describe('no credential', () => {
  const everywhere = { jwtHeader: 'x-jwt', apiKeyQueryParameter: 'key' }

  it.each([
    ['an empty Authorization', { authorization: '' }],
    ['a scheme alone', { authorization: 'Bearer' }],
    ['a scheme alone in any case', { authorization: 'bEARER' }],
    ['a scheme and spaces', { authorization: 'Bearer   ' }],
    ['null as bearer', { authorization: 'Bearer null' }],
    ['undefined as bearer', { authorization: 'bearer  undefined' }],
    ['null alone', { authorization: 'null' }],
    ['an empty key header', { 'x-api-key': '' }],
    ['null as key', { 'x-api-key': 'null' }],
    ['undefined as key', { 'x-api-key': 'undefined' }],
    ['an empty JWT header', { 'x-jwt': '' }],
    ['null as JWT', { 'x-jwt': 'null' }],
    ['a scheme alone in the JWT header', { 'x-jwt': 'Bearer' }],
    ['undefined after the scheme in the JWT header', { 'x-jwt': 'Bearer undefined' }],
    ['all of them empty', { authorization: '', 'x-api-key': '', 'x-jwt': '' }],
    ['Basic', { authorization: 'Basic YTpi' }],
    ['Basic with a key as its user', { authorization: `Basic ${btoa(`${key}:`)}` }],
    ['a scheme of two words', { authorization: 'Negotiate YII= x' }],
    ['a scheme that begins like ours', { authorization: 'Bearers opaque' }],
    ['another scheme alone', { authorization: 'Negotiate' }],
    ['parameters', { authorization: 'Digest username="lk_bob", uri="/a,b?c", nc=01, q="\\"x"' }],
    ['a signature', { authorization: 'AWS4-HMAC-SHA256 Credential=A/b, Signature=0f' }],
    ['a host name in a parameter', { authorization: 'Digest realm="www.a.example", nc=01' }],
    ['one that begins with an e', { authorization: 'Digest realm="example.co.uk", nc=01' }],
  ])('is %s, also beside a credential', (_name, headers) => {
    expect(read(headers as Record<string, string>, everywhere)).toEqual({ kind: 'none' })
    const parameters = { key: [key] }
    expect(read(headers as Record<string, string>, everywhere, parameters)).toEqual({
      kind: 'api-key',
      text: key,
    })
  })

  it.each(['', 'null', 'undefined'])('is «%s» in the query', (value) => {
    const parameters = { key: [value] }
    expect(read({}, everywhere, parameters)).toEqual({ kind: 'none' })
    expect(read({ authorization: `Bearer ${jwt}` }, everywhere, parameters)).toEqual({
      kind: 'jwt',
      token: jwt,
    })
  })
})

describe('another scheme', () => {
  const whole = generateKey('lk').key
  it.each([
    `Token ${key}`,
    `DPoP ${jwt}`,
    key,
    jwt,
    'lk_truncated',
    `Basic bearer ${key}`,
    `Bearers ${jwt}`,
    `Token token=${whole}`,
    `Token token="${whole}"`,
    `GNAP jwt="${jwt}"`,
    `Bearer:${jwt}`,
    'JWE eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn',
  ])('with a key or a JWT in it is refused: %s', (authorization) => {
    expect(read({ authorization })).toEqual({ kind: 'unrecognised' })
    expect(read({ authorization, 'x-api-key': key })).toEqual({ kind: 'ambiguous' })
  })

  it.each([
    `Token token="${whole}", nonce=1`,
    `GNAP jwt="${jwt}", nonce="a,b"`,
    'Basic YTpi, Basic YTpi',
    'Basic YTpi, Bearer a.b.c',
    'Basic YTpi,',
    ', Basic YTpi',
    ',',
    'Bearer, Bearer a.b.c',
    'Digest a="b", Digest a="b"',
    `Digest a="b", Bearer ${jwt}`,
    `Digest a="b", ${key}`,
    'Digest a="b", ',
    'Digest a=b,,c=d',
    'Digest a="b, c=d',
  ])('that may be several headers is ambiguous: %s', (authorization) => {
    expect(read({ authorization })).toEqual({ kind: 'ambiguous' })
    expect(read({ authorization, 'x-api-key': key })).toEqual({ kind: 'ambiguous' })
  })
})

describe('one header twice', () => {
  it.each(['authorization', 'x-api-key', 'x-jwt'])('is ambiguous, empty or not: %s', (name) => {
    const values = ['', 'null', 'Bearer', `Bearer ${jwt}`, 'Basic YTpi', key, 'x']
    for (const value of values) {
      for (const other of values) {
        const headers = { [name]: `${value}, ${other}` }
        expect(read(headers, { jwtHeader: 'x-jwt' })).toEqual({ kind: 'ambiguous' })
      }
    }
  })
})

describe('any headers', () => {
  const word = fc.oneof(
    fc.constantFrom('Bearer', 'bearer', 'Basic', 'null', 'undefined', '', ' ', '  ', key, jwt),
    fc.stringMatching(/^[!-+\--~]{0,8}$/),
  )
  const value = fc.array(word, { maxLength: 4 }).map((words) => words.join(' ').trim())

  it('are read as a credential only if one of them contains it', () => {
    fc.assert(
      fc.property(value, fc.option(value), fc.option(value), (authorization, apiKey, token) => {
        const carrier = {
          header: (name: string) =>
            ({ authorization, 'x-api-key': apiKey, 'x-jwt': token })[name] ?? null,
          queryParameters: () => [],
        }
        const found = readCredential(carrier, { ...sources, jwtHeader: 'x-jwt' })
        const texts = [authorization, apiKey, token].map((text) => text?.split(' ').at(-1))
        if (found.kind === 'api-key') expect(texts).toContain(found.text)
        if (found.kind === 'jwt') expect(texts).toContain(found.token)
        if (found.kind === 'none') {
          for (const text of [authorization, apiKey, token]) {
            expect(text ?? '').not.toContain(key)
            expect(text ?? '').not.toContain(jwt)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('of another scheme do not affect a key beside them', () => {
    const scheme = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/)
      .filter((name) => name.toLowerCase() !== 'bearer')
    const encoded = fc.stringMatching(/^[A-Za-z0-9+/]{0,40}={0,2}$/)
    fc.assert(
      fc.property(scheme, encoded, (name, text) => {
        const headers = { authorization: `${name} ${text}`, 'x-api-key': key }
        expect(read(headers)).toEqual({ kind: 'api-key', text: key })
      }),
    )
  })

  it('that occur twice are never read as one, whatever is between them', () => {
    fc.assert(
      fc.property(value, value, (first, second) => {
        // A parameter may contain a comma without being a second header.
        fc.pre(!first.includes('=') && !second.includes('='))
        expect(read({ authorization: `${first}, ${second}` })).toEqual({ kind: 'ambiguous' })
      }),
      { numRuns: 1000 },
    )
  })
})

it('only configured headers and parameters are read', () => {
  const looked: string[] = []
  const carrier = {
    header: (name: string) => {
      looked.push(name)
      return null
    },
    queryParameters: (name: string) => {
      looked.push(name)
      return []
    },
  }
  readCredential(carrier, sources)
  expect(looked).toEqual(['authorization', 'x-api-key'])
  readCredential(carrier, { ...sources, jwtHeader: 'x-jwt', apiKeyQueryParameter: 'key' })
  expect(looked.slice(2)).toEqual(['authorization', 'x-api-key', 'x-jwt', 'key'])
})

import { describe, expect, it } from 'vitest'
import {
  type CredentialSources,
  readCredential,
} from '../../src/credentials/presented-credential.ts'

const sources: CredentialSources = {
  apiKeyHeader: 'x-api-key',
  jwtHeader: null,
  apiKeyQueryParameter: null,
  keyPrefix: 'lk',
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

describe('the credential of a request', () => {
  it.each([
    ['nothing', {}, { kind: 'none' }],
    ['a key as bearer', { authorization: `Bearer ${key}` }, { kind: 'api-key', text: key }],
    ['a key in its header', { 'x-api-key': key }, { kind: 'api-key', text: key }],
    ['a JWT as bearer', { authorization: `Bearer ${jwt}` }, { kind: 'jwt', token: jwt }],
    ['a lower-case scheme', { authorization: `bearer ${jwt}` }, { kind: 'jwt', token: jwt }],
    ['several spaces', { authorization: `BEARER   ${key}` }, { kind: 'api-key', text: key }],
    ['an unsigned JWT', { authorization: 'Bearer a.b.' }, { kind: 'jwt', token: 'a.b.' }],
    ['a JWT of four parts', { authorization: 'Bearer a.b.c.d' }, { kind: 'unrecognised' }],
    ['a JWT of two parts', { authorization: 'Bearer a.b' }, { kind: 'unrecognised' }],
    ['a JWT without a header', { authorization: 'Bearer .b.c' }, { kind: 'unrecognised' }],
    ['a JWT of dots', { authorization: 'Bearer a..' }, { kind: 'jwt', token: 'a..' }],
    ['two words with a tab', { authorization: `Bearer ${jwt}\tx` }, { kind: 'unrecognised' }],
    ['a scheme of another name', { authorization: `Bearers ${jwt}` }, { kind: 'unrecognised' }],
    [
      'another scheme before it',
      { authorization: `Basic bearer ${key}` },
      { kind: 'unrecognised' },
    ],
    ['an empty bearer', { authorization: 'Bearer' }, { kind: 'unrecognised' }],
    ['an empty bearer with a space', { authorization: 'Bearer ' }, { kind: 'unrecognised' }],
    ['an empty header', { authorization: '' }, { kind: 'unrecognised' }],
    ['an empty key header', { 'x-api-key': '' }, { kind: 'unrecognised' }],
    ['another scheme', { authorization: 'Basic YTpi' }, { kind: 'unrecognised' }],
    ['no scheme', { authorization: key }, { kind: 'unrecognised' }],
    ['two words', { authorization: `Bearer ${key} x` }, { kind: 'unrecognised' }],
    ['an opaque token', { authorization: 'Bearer opaque' }, { kind: 'unrecognised' }],
    ['a JWT in the key header', { 'x-api-key': jwt }, { kind: 'unrecognised' }],
    ['key of another prefix', { 'x-api-key': 'sk_abc' }, { kind: 'unrecognised' }],
    ['both headers', { authorization: `Bearer ${jwt}`, 'x-api-key': key }, { kind: 'ambiguous' }],
    ['the same twice', { authorization: `Bearer ${key}`, 'x-api-key': key }, { kind: 'ambiguous' }],
    ['one header twice', { authorization: `Bearer ${jwt}, Bearer ${jwt}` }, { kind: 'ambiguous' }],
    ['a comma in the key', { 'x-api-key': `${key},${key}` }, { kind: 'ambiguous' }],
    ['a comma after it', { authorization: `Bearer ${jwt},` }, { kind: 'ambiguous' }],
  ])('%s', (_name, headers, expected) => {
    expect(read(headers as Record<string, string>)).toEqual(expected)
  })

  it('may come in other headers where that is configured', () => {
    const changes = { apiKeyHeader: 'x-lk', jwtHeader: 'x-jwt' }
    expect(read({ 'x-lk': key }, changes)).toEqual({ kind: 'api-key', text: key })
    expect(read({ 'x-jwt': jwt }, changes)).toEqual({ kind: 'jwt', token: jwt })
    expect(read({ 'x-jwt': `Bearer ${jwt}` }, changes)).toEqual({ kind: 'jwt', token: jwt })
    expect(read({ 'x-jwt': jwt, authorization: `Bearer ${jwt}` }, changes)).toEqual({
      kind: 'ambiguous',
    })
    expect(read({ 'x-api-key': key }, changes)).toEqual({ kind: 'none' })
  })

  it('may come in the query where that is configured, once', () => {
    const changes = { apiKeyQueryParameter: 'key' }
    expect(read({}, {}, { key: [key] })).toEqual({ kind: 'none' })
    expect(read({}, changes, { key: [key] })).toEqual({ kind: 'api-key', text: key })
    expect(read({}, changes, { key: [key, key] })).toEqual({ kind: 'ambiguous' })
    expect(read({ 'x-api-key': key }, changes, { key: [key] })).toEqual({ kind: 'ambiguous' })
  })
})

it('only headers and parameters that are configured are looked at', () => {
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

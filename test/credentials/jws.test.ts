import { describe, expect, it } from 'vitest'
import { readJws } from '../../src/credentials/jws.ts'
import { maxTokenLength } from '../../src/jwks/token-length.ts'
import { constantSigner, encode, rawJws } from '../support/raw-jws.ts'

const signature = Buffer.alloc(64, 1)
const header = { alg: 'ES256', kid: 'k', typ: 'JWT' }
const token = (
  head: string | Buffer | Record<string, unknown> = header,
  claims: string | Buffer | Record<string, unknown> = { sub: 'a' },
  bytes = signature,
) => rawJws(head as string, claims, constantSigner(bytes))

describe('a token', () => {
  it('is parsed', () => {
    expect(readJws(token())).toEqual({
      algorithm: 'ES256',
      keyId: 'k',
      type: 'jwt',
      claims: { sub: 'a' },
    })
    expect(readJws(token({ alg: 'ES256' }))).toMatchObject({ keyId: null, type: null })
  })

  it.each([
    ['at+jwt', 'at+jwt'],
    ['AT+JWT', 'at+jwt'],
    ['application/at+jwt', 'at+jwt'],
    ['Application/AT+JWT', 'at+jwt'],
    ['x-application/at+jwt', 'x-application/at+jwt'],
    ['application/application/jwt', 'application/jwt'],
    ['', ''],
  ])('of type %j is one of %j', (typ, type) => {
    expect(readJws(token({ alg: 'ES256', typ }))).toMatchObject({ type })
  })

  it.each<[string, string, string]>([
    ['an empty text', '', 'not-a-jws'],
    ['two parts', token().split('.').slice(0, 2).join('.'), 'not-a-jws'],
    ['four parts', `${token()}.x`, 'not-a-jws'],
    ['an empty header', `.${encode({})}.${signature.toString('base64url')}`, 'not-a-jws'],
    ['no claims', `${encode(header)}..${signature.toString('base64url')}`, 'not-a-jws'],
    ['no signature', `${encode(header)}.${encode({})}.`, 'not-a-jws'],
    ['padding', `${token()}==`, 'not-a-jws'],
    ['white space', token().replace('.', ' .'), 'not-a-jws'],
    ['another alphabet', token(header, '{"a":"???"}').replace('_', '/'), 'not-a-jws'],
    ['stray bits', `${token().slice(0, -1)}R`, 'not-a-jws'],
    ['a header that is no JSON', token('{'), 'header'],
    ['a header that is a list', token('[]'), 'header'],
    ['a header that is null', token('null'), 'header'],
    ['a header that is no UTF-8', token(Buffer.from('7b22ff223a317d', 'hex')), 'header'],
    ['a header with a name twice', token('{"alg":"ES256","alg":"ES256"}'), 'header'],
    ['no algorithm', token({}), 'header'],
    ['an algorithm that is no text', token({ alg: 1 }), 'header'],
    ['no signature at all', token({ alg: 'none' }), 'algorithm'],
    ['a shared secret', token({ alg: 'HS256' }), 'algorithm'],
    ['an inherited algorithm', token({ alg: 'toString' }), 'algorithm'],
    ['a key id that is no text', token({ ...header, kid: 1 }), 'header'],
    ['a type that is no text', token({ ...header, typ: null }), 'header'],
    ['something critical', token({ ...header, crit: ['x'] }), 'header'],
    ['nothing critical', token({ ...header, crit: [] }), 'header'],
    ['an unencoded payload', token({ ...header, b64: false }), 'header'],
    ['an encoded payload that says so', token({ ...header, b64: true }), 'header'],
    ['a short signature', token(header, {}, Buffer.alloc(63)), 'signature'],
    ['a long signature', token(header, {}, Buffer.alloc(65)), 'signature'],
    ['a signature of DER', token(header, {}, Buffer.alloc(70)), 'signature'],
    ['a weak RSA key', token({ alg: 'RS256' }, {}, Buffer.alloc(255)), 'signature'],
    ['claims that are no JSON', token(header, '{"a"}'), 'claims'],
    ['claims that are a text', token(header, '"a"'), 'claims'],
    ['a claim twice', token(header, '{"a":1,"a":1}'), 'claims'],
    ['a claim twice, spelled otherwise', token(header, '{"a":1,"\\u0061":1}'), 'claims'],
    ['a claim twice past an escape', token(header, '{"a\\\\":1,"b":2,"b":3}'), 'claims'],
  ])('with %s is refused', (_name, text, reason) => {
    expect(readJws(text)).toBe(reason)
  })

  it.each<[string, string]>([
    ['no claim', '{}'],
    ['names twice, but in different objects', '{"a":{"b":1},"b":{"b":[{"b":1},{"b":2}]}}'],
    ['colons in texts', '{"a:":":","b":"c\\":\\"d\\":"}'],
    ['brackets in texts', '{"a":"}{][","b":1}'],
    ['quotes and escapes in texts', '{"a":"\\\\","b\\"":"\\\\\\"","c":1}'],
    ['white space', ' {\n"a" : 1 ,\t"b" : [ ] } '],
    ['characters beyond ASCII', '{"ä":"😀"}'],
    ['names of inherited members', '{"__proto__":1,"toString":2}'],
  ])('with %s in its claims is not refused', (_name, claims) => {
    expect(readJws(token(header, claims))).toMatchObject({ claims: expect.any(Object) })
    expect(Object.keys((readJws(token(header, claims)) as { claims: object }).claims)).toEqual(
      Object.keys(JSON.parse(claims)),
    )
  })

  it('of any RSA key from 2048 bits on may be valid', () => {
    for (const length of [256, 384, 512]) {
      const read = readJws(token({ alg: 'PS256' }, {}, Buffer.alloc(length)))
      expect(read).toMatchObject({ algorithm: 'PS256' })
    }
  })

  it('is not read beyond its maximum length', () => {
    const filled = (length: number) => {
      const shortest = token(header, { a: '' }).length
      for (let size = Math.floor(((length - shortest) * 3) / 4) - 3; ; size++) {
        const made = token(header, { a: 'x'.repeat(size) })
        if (made.length >= length) return made
      }
    }
    expect(maxTokenLength).toBe(16_384)
    const longest = filled(maxTokenLength)
    expect(longest).toHaveLength(maxTokenLength)
    expect(readJws(longest)).toMatchObject({ algorithm: 'ES256' })
    expect(readJws('x'.repeat(maxTokenLength))).toBe('not-a-jws')
    expect(readJws('x'.repeat(maxTokenLength + 1))).toBe('too-long')
  })
})

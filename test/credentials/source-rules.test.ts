import { describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'

const starting = (options: object) => () => createAuthenticator(options)

describe('createAuthenticator refuses to start', () => {
  it.each([
    ['authorization', /`apiKeyHeader` must not be a header with another meaning/],
    ['Authorization', /another meaning/],
    ['Proxy-Authorization', /another meaning/],
    ['Cookie', /another meaning/],
    ['host', /another meaning/],
    ['Connection', /another meaning/],
    ['TE', /another meaning/],
    ['upgrade', /another meaning/],
    ['Content-Type', /another meaning/],
    ['X-Forwarded-For', /another meaning/],
    ['X-Latchkey-Session', /another meaning/],
    ['Cache-Control', /another meaning/],
    ['', /must be a header name/],
    ['X Key', /must be a header name/],
    ['x-key:', /must be a header name/],
    ['x-key\r\n', /must be a header name/],
    ['x-kéy', /must be a header name/],
  ])('with %j as the header for keys or JWTs', (name, message) => {
    expect(starting({ apiKeyHeader: name })).toThrow(message)
    const ofJwts = new RegExp(message.source.replace('apiKeyHeader', 'jwtHeader'))
    expect(starting({ jwtHeader: name })).toThrow(ofJwts)
  })

  it('with one header for both, in any case', () => {
    const message = /`jwtHeader` must not be the same header as `apiKeyHeader`/
    expect(starting({ apiKeyHeader: 'X-Auth', jwtHeader: 'x-auth' })).toThrow(message)
    expect(starting({ jwtHeader: 'X-API-Key' })).toThrow(message)
  })

  it.each(['', 'query', 'variables', 'a b', 'a='])('with %j as query parameter', (name) => {
    expect(starting({ apiKeyQueryParameter: name })).toThrow(/`apiKeyQueryParameter` must/)
  })

  it.each(['', '_', 'a b', '1a', 'a-b', 'sk_live', 'LK', 'a'.repeat(17), 7])(
    'with %j as the prefix of keys',
    (keyPrefix) => {
      expect(starting({ keyPrefix })).toThrow(/`keyPrefix` must be 1 to 16 lower-case letters/)
    },
  )

  it('and names all faults', () => {
    expect(starting({ apiKeyHeader: 'cookie', jwtHeader: '' })).toThrow(
      'createAuthenticator: `apiKeyHeader` must not be a header with another meaning; `jwtHeader` must be a header name.',
    )
  })
})

it('starts with headers, a parameter and a prefix of its own', async () => {
  const authenticator = createAuthenticator({
    apiKeyHeader: 'X-Acme-Key',
    jwtHeader: 'X-Forwarded-Access-Token',
    apiKeyQueryParameter: 'key',
    keyPrefix: 'sklive16letters0',
  })
  await authenticator.close()
})

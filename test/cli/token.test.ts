import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { recordIssuer } from '../../src/development/recorded-issuer.ts'
import { now, run } from './run.ts'

test('prints only a token of the development issuer', async () => {
  const words = ['token', '--subject', 'ada', '--scopes', 'read:users', '--scopes', 'write:users']
  const { code, out, err } = await run(words)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(decodeJwt(out.trim())).toMatchObject({
    iss: 'http://127.0.0.1:4000/dev/issuer',
    aud: 'latchkey',
    sub: 'ada',
    scope: 'read:users write:users',
    iat: now / 1000,
    exp: now / 1000 + 3600,
  })
})

test('--json prints the response of a token endpoint', async () => {
  const words = [
    'token',
    '--subject',
    'ada',
    '--scopes',
    'read:users',
    '--expires-in',
    '2h',
    '--json',
  ]
  expect(JSON.parse((await run(words)).out)).toEqual({
    access_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 7200,
    scope: 'read:users',
  })
})

test('takes --scope for --scopes', async () => {
  const words = ['token', '--subject', 'ada', '--scope', 'read:users', '--scopes', 'read:keys']
  const { code, out } = await run([...words, '--scope=write:keys'])
  expect(code).toBe(0)
  expect(decodeJwt(out.trim()).scope).toBe('read:users read:keys write:keys')
})

test('takes the issuer from the public URL', async () => {
  const environment = { ...folder(), PUBLIC_URL: 'http://localhost:5000/' }
  const { out } = await run(['token', '--subject', 'ada'], { environment })
  expect(decodeJwt(out.trim()).iss).toBe('http://localhost:5000/dev/issuer')
})

test('takes the issuer of the last server, whose port is not in the environment', async () => {
  const environment = folder()
  const url = 'http://127.0.0.1:4711/dev/issuer'
  const issuerWith = async (variables: Record<string, string>) => {
    const words = ['token', '--subject', 'ada']
    const { out } = await run(words, { environment: { ...environment, ...variables } })
    return decodeJwt(out.trim()).iss
  }
  await recordIssuer(environment.DATA_DIR, url)
  expect(await issuerWith({})).toBe(url)
  expect(await issuerWith({ PORT: '0' })).toBe(url)
  expect(await issuerWith({ PORT: '4001' })).toBe('http://127.0.0.1:4001/dev/issuer')
  await recordIssuer(environment.DATA_DIR, 'not a URL')
  expect(await issuerWith({})).toBe('http://127.0.0.1:4000/dev/issuer')
})

test.each([
  [['--expires-in', '25h'], '`--expires-in`'],
  [['--subject', 'a '], 'subject'],
  [['--scopes', 'a"b'], 'scope'],
])('%j is refused', async (words, field) => {
  const { code, out, err } = await run(['token', '--subject', 'ada', ...words])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(field)
})

const issuer = { JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'x' }

test.each<[string, Record<string, string>, RegExp]>([
  [
    'production',
    { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/x', ...issuer },
    /NODE_ENV .*no development issuer/,
  ],
  ['an issuer configured', issuer, /JWT_ISSUER .*no development issuer/],
  ['a port yet to be found', { PORT: '0' }, /PUBLIC_URL/],
])('with %s there is no token', async (_, environment, message) => {
  const { code, out, err } = await run(['token', '--subject', 'ada'], {
    environment: { ...folder(), ...environment },
  })
  expect({ code, out }).toEqual({ code: 78, out: '' })
  expect(err).toMatch(message)
})

function folder() {
  return { DATA_DIR: mkdtempSync(join(tmpdir(), 'latchkey-')) }
}

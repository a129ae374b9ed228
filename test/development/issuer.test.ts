import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose'
import { describe, expect, test } from 'vitest'
import { createDevelopmentIssuer } from '../../src/development/issuer.ts'

const base = 'http://127.0.0.1:4000'
const now = Date.parse('2030-01-01T00:00:00.500Z')

describe('a minted token', () => {
  test('is an access token (RFC 9068) that the published keys verify', async () => {
    const { issuer } = await start()
    const minted = await issuer.mint({ subject: 'ada', scope: 'read:users write:users' })
    expect(minted).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read:users write:users',
    })
    const { payload, protectedHeader } = await jwtVerify(
      minted.access_token,
      createLocalJWKSet(await keysOf(issuer)),
      {
        issuer: `${base}/dev/issuer`,
        audience: 'latchkey',
        typ: 'at+jwt',
        currentDate: new Date(now),
      },
    )
    const seconds = Math.floor(now / 1000)
    expect(payload).toMatchObject({
      sub: 'ada',
      scope: 'read:users write:users',
      iat: seconds,
      exp: seconds + 3600,
    })
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/)
    expect(protectedHeader.alg).toBe('ES256')
  })

  test('has an id of its own', async () => {
    const { issuer } = await start()
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const { access_token } = await issuer.mint({ subject: 'ada', scope: '' })
        return decodeJwt(access_token).jti
      }),
    )
    expect(new Set(ids).size).toBe(2)
  })
})

describe('the key', () => {
  test('is stored readable by its owner only and is reused', async () => {
    const { issuer, dataDir } = await start()
    const path = join(dataDir, 'development-issuer.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(dataDir)).toEqual(['development-issuer.json'])
    const again = await start(dataDir)
    expect(await keysOf(again.issuer)).toEqual(await keysOf(issuer))
  })

  test('is published without its private part', async () => {
    const { issuer, dataDir } = await start()
    const { d } = JSON.parse(readFileSync(join(dataDir, 'development-issuer.json'), 'utf8'))
    expect(typeof d).toBe('string')
    const response = await issuer.handle(new Request(`${base}/dev/issuer/jwks`))
    expect(await response.text()).not.toContain(d)
  })

  test('is the same for all servers that start at once in an empty folder', async () => {
    const dataDir = join(folder(), 'not', 'there', 'yet')
    const started = await Promise.all(Array.from({ length: 10 }, () => start(dataDir)))
    const keys = await Promise.all(started.map(async ({ issuer }) => await keysOf(issuer)))
    expect(new Set(keys.map((set) => JSON.stringify(set))).size).toBe(1)
    expect(readdirSync(dataDir)).toEqual(['development-issuer.json'])
  })

  test.each([
    '',
    '{}',
    '{"kty":"oct","k":"canary7c1f"}',
    '{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"canary7c1f"}',
  ])(
    'that is invalid (%j) is reported with the path of its file, not with its content',
    async (content) => {
      const dataDir = folder()
      writeFileSync(join(dataDir, 'development-issuer.json'), content)
      const error = await start(dataDir).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(String(error)).toContain('development-issuer.json')
      expect(String(error)).not.toContain('canary7c1f')
    },
  )
})

describe('over HTTP', () => {
  test('discovery leads to the keys and to the token endpoint', async () => {
    const { issuer } = await start()
    const url = `${base}/dev/issuer/.well-known/openid-configuration`
    const metadata = await (await issuer.handle(new Request(url))).json()
    expect(metadata).toMatchObject({
      issuer: `${base}/dev/issuer`,
      jwks_uri: issuer.settings.jwksUri,
      token_endpoint: `${base}/dev/issuer/token`,
    })
    expect(issuer.settings).toEqual({
      issuer: `${base}/dev/issuer`,
      audience: 'latchkey',
      jwksUri: `${base}/dev/issuer/jwks`,
    })
  })

  test('a token is issued for JSON, with an answer that may not be stored', async () => {
    const { issuer } = await start()
    const response = await ask(issuer, { subject: 'ada', scope: 'read:users', expiresIn: 60 })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const body = await response.json()
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 60, scope: 'read:users' })
    expect(decodeProtectedHeader(body.access_token).typ).toBe('at+jwt')
    expect(decodeJwt(body.access_token)).toMatchObject({ sub: 'ada', scope: 'read:users' })
  })

  test.each<[unknown, RegExp]>([
    [{ scope: 'a' }, /^`subject` /],
    [{ subject: '', scope: 'a' }, /^`subject` /],
    [{ subject: 'a ', scope: 'a' }, /^`subject` /],
    [{ subject: 'a\n', scope: 'a' }, /^`subject` /],
    [{ subject: 'é\u200b', scope: 'a' }, /^`subject` /],
    [{ subject: 'a'.repeat(256), scope: 'a' }, /^`subject` /],
    [{ subject: 'a' }, /^`scope` /],
    [{ subject: 'a', scope: ['a'] }, /^`scope` /],
    [{ subject: 'a', scope: 'a  b' }, /^`scope` /],
    [{ subject: 'a', scope: 'a"' }, /^`scope` /],
    [{ subject: 'a', scope: 'a', expiresIn: 0 }, /^`expiresIn` /],
    [{ subject: 'a', scope: 'a', expiresIn: 1.5 }, /^`expiresIn` /],
    [{ subject: 'a', scope: 'a', expiresIn: 86_401 }, /^`expiresIn` /],
    [{ subject: 'a', scope: 'a', audience: 'x' }, /object/],
    [['a'], /object/],
    ['a', /object/],
    [null, /object/],
  ])('%j is refused', async (body, detail) => {
    const { issuer } = await start()
    const response = await ask(issuer, body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect((await response.json()).detail).toMatch(detail)
  })

  test('a body that is not JSON is refused', async () => {
    const { issuer } = await start()
    expect((await ask(issuer, undefined, { body: '{' })).status).toBe(400)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', null])(
    'a body of type %s is refused',
    async (type) => {
      const { issuer } = await start()
      const body = new TextEncoder().encode('{"subject":"ada","scope":""}')
      const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
      expect((await ask(issuer, undefined, { body, headers })).status).toBe(415)
    },
  )

  test.each([
    ['with its length', (text: string) => text],
    ['in pieces without a length', (text: string) => new Blob([text]).stream()],
  ])('a body of more than 8192 bytes %s is refused, and not read to its end', async (_, bodyOf) => {
    const { issuer } = await start()
    const send = (body: string | ReadableStream) =>
      issuer.handle(
        new Request(`${base}/dev/issuer/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          duplex: 'half',
        } as RequestInit),
      )
    const text = JSON.stringify({ subject: 'ada', scope: '' })
    expect((await send(bodyOf(text.padEnd(8192)))).status).toBe(200)
    const refused = await send(bodyOf(text.padEnd(8193)))
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({ detail: 'The body is larger than 8192 bytes.' })

    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++
        controller.enqueue(Buffer.alloc(1024, ' '))
      },
    })
    expect((await send(endless)).status).toBe(413)
    expect(sent).toBeLessThan(20)
  })

  test('an encoded body is refused with the accepted encoding', async () => {
    const { issuer } = await start()
    const tokens = async (coding: string) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding }
      return await ask(issuer, undefined, { body: '{"subject":"ada","scope":""}', headers })
    }
    const refused = await tokens('gzip')
    expect(refused.status).toBe(415)
    expect(refused.headers.get('accept-encoding')).toBe('identity')
    expect((await tokens('identity')).status).toBe(200)
  })

  test('another method is answered with the allowed ones', async () => {
    const { issuer } = await start()
    const response = await issuer.handle(new Request(`${base}/dev/issuer/token`))
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  test.each(['/.well-known/openid-configuration', '/jwks'])(
    'HEAD is like GET at %s',
    async (path) => {
      const { issuer } = await start()
      const send = (method: string) =>
        issuer.handle(new Request(`${base}/dev/issuer${path}`, { method }))
      expect((await send('HEAD')).status).toBe(200)
      expect((await send('POST')).headers.get('allow')).toBe('GET, HEAD')
    },
  )

  test.each(['/dev/issuer', '/dev/issuer/', '/dev/issuer/keys', '/dev/issuer/toString', '/jwks'])(
    'there is nothing at %s',
    async (path) => {
      const { issuer } = await start()
      expect((await issuer.handle(new Request(base + path))).status).toBe(404)
    },
  )
})

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'latchkey-'))
}

async function start(dataDir = folder()) {
  const issuer = await createDevelopmentIssuer({
    issuer: `${base}/dev/issuer`,
    dataDir,
    now: () => now,
  })
  return { issuer, dataDir }
}

type Issuer = Awaited<ReturnType<typeof createDevelopmentIssuer>>

async function keysOf(issuer: Issuer): Promise<JSONWebKeySet> {
  const response = await issuer.handle(new Request(issuer.settings.jwksUri))
  return (await response.json()) as JSONWebKeySet
}

async function ask(issuer: Issuer, body: unknown, init: RequestInit = {}): Promise<Response> {
  return await issuer.handle(
    new Request(`${base}/dev/issuer/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body) ?? null,
      ...init,
    }),
  )
}

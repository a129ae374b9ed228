import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { createSigningKey, type SigningKey, signJwt, testAudience } from '../support/issuer.ts'
import { bin } from '../support/server-process.ts'

/** The proxy alone can reach these hosts. */
const host = 'id.example.test'
const issuer = `https://${host}/realms/shop`
const password = 'proxy-password'

const authority = createAuthority('a test')
const certificate = authority.issue(host, [`DNS:${host}`])

let key: SigningKey
let secure: Server
let plain: Server
let proxy: Server
let proxyUrl: string
/** The targets of the requests to the proxy, and its answer to the next ones. */
const targets: string[] = []
const credentials: (string | undefined)[] = []
let refusal: string | null = null
let keySet: RequestListener

const portOf = (server: Server) => (server.address() as AddressInfo).port
const publishKeys: RequestListener = (_, response) =>
  response.end(JSON.stringify({ keys: [key.publicJwk] }))

/** Serves the metadata and the keys of an issuer with this URL. */
const issuerAt =
  (url: string): RequestListener =>
  (request, response) => {
    if (request.url?.endsWith('/keys')) return keySet(request, response)
    response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
  }

beforeAll(async () => {
  key = await createSigningKey()
  const sockets = new Set<Socket>()
  secure = createSecureServer({ cert: certificate.pem, key: certificate.key }, issuerAt(issuer))
  plain = createServer(issuerAt('http://keycloak/realms/shop'))
  proxy = createServer((request, response) => {
    targets.push(request.url ?? '')
    response.writeHead(501).end()
  })
  proxy.on('connect', (request, socket: Socket) => {
    sockets.add(socket)
    targets.push(request.url ?? '')
    credentials.push(request.headers['proxy-authorization'])
    socket.on('error', () => {})
    if (refusal === '') return
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
    const to = connect(portOf(request.url?.endsWith(':80') ? plain : secure), '127.0.0.1')
    to.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => to.destroy())
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    socket.pipe(to).pipe(socket)
  })
  for (const server of [secure, plain, proxy]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  proxy.on('close', () => sockets.forEach((socket) => void socket.destroy()))
  proxyUrl = `http://user:${password}@127.0.0.1:${portOf(proxy)}`
})
afterAll(async () => {
  for (const server of [proxy, secure, plain]) {
    server.closeAllConnections()
    server.close()
  }
})
afterEach(() => {
  targets.length = 0
  credentials.length = 0
  refusal = null
})

/** Explains a token of the issuer in a process of its own, and returns the check of the signature. */
async function check(environment: Record<string, string>, of: object = { issuer }) {
  const settings = { audience: testAudience, ...of } as { issuer: string; audience: string }
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: settings.issuer, aud: testAudience, sub: 'ada', iat: now, exp: now + 300 }
  const child = spawn(process.execPath, [bin, 'token', 'explain', '-', '--json'], {
    env: {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: authority.file,
      JWT_ISSUERS: JSON.stringify([settings]),
      ...environment,
    },
  })
  child.stdin.end(await signJwt(claims, { key }))
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const [code] = await once(child, 'close')
  expect(out + err).not.toContain(password)
  const { checks = [] } = out === '' ? {} : JSON.parse(out)
  const signature = checks.find(({ check }: { check: string }) => check === 'signature')
  return { code, err, ok: signature?.ok, detail: signature?.detail as string }
}

describe('the keys of an issuer that only a proxy reaches', () => {
  test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'])('come through %s', async (variable) => {
    keySet = publishKeys
    expect(await check({ [variable]: proxyUrl })).toMatchObject({ code: 0, ok: true })
    expect(new Set(targets)).toEqual(new Set([`${host}:443`]))
    const basic = Buffer.from(`user:${password}`).toString('base64')
    expect(credentials[0]).toBe(`Basic ${basic}`)
  })

  test.each(['example.test', '.example.test', '*', `other,${host}`])(
    'do not come through it for NO_PROXY=%s',
    async (exception) => {
      const environment = { HTTPS_PROXY: proxyUrl, NO_PROXY: exception }
      expect(await check(environment)).toMatchObject({
        code: 1,
        ok: null,
        detail: expect.stringContaining('could not be fetched'),
      })
      expect(targets).toEqual([])
    },
  )

  test('are trusted only with a certificate that this machine trusts', async () => {
    keySet = publishKeys
    const untrusted = { HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: '' }
    expect(await check(untrusted)).toMatchObject({
      ok: null,
      detail: expect.stringMatching(/certificate/),
    })
  })

  test('are not fetched from where a redirect leads', async () => {
    keySet = (_, response) =>
      response.writeHead(302, { location: 'https://evil.example.test/keys' }).end()
    expect(await check({ HTTPS_PROXY: proxyUrl })).toMatchObject({
      ok: null,
      detail: expect.stringContaining('status 302'),
    })
    expect(new Set(targets)).toEqual(new Set([`${host}:443`]))
  })

  test('have a maximum size', async () => {
    keySet = (_, response) => response.end(JSON.stringify({ keys: [], x: 'x'.repeat(600_000) }))
    expect(await check({ HTTPS_PROXY: proxyUrl })).toMatchObject({
      ok: null,
      detail: expect.stringContaining('more than 524288 bytes'),
    })
  })
})

describe('a proxy', () => {
  test('that refuses is named as the cause', async () => {
    refusal = '407 Proxy Authentication Required'
    expect(await check({ HTTPS_PROXY: proxyUrl })).toMatchObject({
      ok: null,
      detail: expect.stringMatching(/407/),
    })
  })

  test('that does not answer costs the time limit of the fetch', async () => {
    refusal = ''
    const since = performance.now()
    expect(await check({ HTTPS_PROXY: proxyUrl })).toMatchObject({ ok: null })
    expect(performance.now() - since).toBeLessThan(12_000)
  })

  test('is used for http to a private network too, and never for this machine', async () => {
    keySet = publishKeys
    const keycloak = { issuer: 'http://keycloak/realms/shop', allowHttp: true }
    expect(await check({ HTTP_PROXY: proxyUrl }, keycloak)).toMatchObject({ ok: true })
    expect(targets.length).toBeGreaterThan(0)
    targets.length = 0
    const local = {
      issuer: 'http://keycloak/realms/shop',
      jwksUri: `http://127.0.0.1:${portOf(plain)}/keys`,
      allowHttp: true,
    }
    expect(await check({ HTTP_PROXY: proxyUrl }, local)).toMatchObject({ ok: true })
    expect(targets).toEqual([])
  })

  test.each(['proxy:3128', 'socks5://proxy:1080', 'proxy'])(
    'must have an http URL, unlike %s',
    async (value) => {
      const { code, err } = await check({ HTTPS_PROXY: value })
      expect(code).toBe(78)
      expect(JSON.parse(err).error.faults).toEqual([
        { variable: 'HTTPS_PROXY', message: expect.stringMatching(/^must be the URL of a proxy/) },
      ])
      expect(err).not.toContain(value.replace(/^proxy$/, '"proxy"'))
    },
  )
})

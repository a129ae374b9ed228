import { generateKeyPair, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { type JWTPayload, SignJWT } from 'jose'

/** The `aud` of the tokens that a test issuer signs, unless a claim sets another. */
export const testAudience = 'https://api.example'

export interface SigningKey {
  readonly id: string
  readonly algorithm: string
  readonly privateKey: KeyObject
  /** The public key as it is published. */
  readonly publicJwk: JsonWebKey & Record<string, unknown>
}

/**
 * A failure of an issuer: status 500, no answer, a redirect, too much data, data that is not JSON, or a
 * closed connection.
 */
export type Failure = 'error' | 'silence' | 'redirect' | 'huge' | 'garbage' | 'reset'

export interface TestIssuer {
  readonly issuer: string
  readonly jwksUri: string
  /** The key that `sign` uses. */
  readonly key: SigningKey
  /** The published keys; a test may change them. */
  published: (JsonWebKey & Record<string, unknown>)[]
  /** The headers of the response with the key set; a test may change them. */
  headers: Record<string, string>
  /** The number of requests so far. */
  readonly requests: { discovery: number; keys: number }
  /**
   * Signs an access token, by default of `alice` for five minutes from now. A claim or header that is
   * `undefined` is omitted.
   */
  sign(
    claims?: Record<string, unknown>,
    options?: { header?: Record<string, unknown>; key?: SigningKey },
  ): Promise<string>
  /**
   * Creates a new key, signs with it and publishes it. The old key stays published if `keep` is true.
   */
  rotateKey(options?: { keep?: boolean }): Promise<SigningKey>
  /** Makes every request fail in that way from now on; `null`: no request fails. */
  fail(how: Failure | null): void
  close(): Promise<void>
}

export interface TestIssuerOptions {
  /** The path of the issuer's URL, such as `/realms/example`. Default: no path. */
  readonly issuerPath?: string
  /** Default: `ES256`. */
  readonly alg?: string
  /** The key to start with. Default: a new one, which for RSA takes a while. */
  readonly key?: SigningKey
  /** Members that override the OpenID Connect metadata; `null`: the path answers 404. */
  readonly openidConfiguration?: Record<string, unknown> | null
  /**
   * The only media type of the key set: other requests get 406, as at Kubernetes. Default: none is checked.
   */
  readonly keySetType?: string
  /** Members that override the metadata at the path of RFC 8414. Default: `null`. */
  readonly authorizationServer?: Record<string, unknown> | null
}

/**
 * Starts an issuer on this machine: discovery and a JWK Set over HTTP, and tokens signed with its key.
 */
export async function startIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const path = options.issuerPath ?? ''
  let key = options.key ?? (await createSigningKey(options.alg))
  let failure: Failure | null = null
  const requests = { discovery: 0, keys: 0 }

  const server = createServer((request, response) => {
    if (request.url === '/jwks') requests.keys++
    else requests.discovery++
    if (failure !== null) return misbehave(failure, request, response)
    const { openidConfiguration = {}, authorizationServer = null } = options
    const metadata = { issuer, jwks_uri: jwksUri }
    if (request.url === '/jwks' && !accepts(request, options.keySetType)) {
      response.writeHead(406).end()
    } else if (request.url === '/jwks') {
      answer(response, { keys: self.published }, self.headers)
    } else if (request.url === `${path.replace(/\/$/, '')}/.well-known/openid-configuration`) {
      answer(response, openidConfiguration && { ...metadata, ...openidConfiguration })
    } else if (request.url === `/.well-known/oauth-authorization-server${path}`) {
      answer(response, authorizationServer && { ...metadata, ...authorizationServer })
    } else answer(response, null)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}${path}`
  const jwksUri = `http://127.0.0.1:${port}/jwks`

  const self: TestIssuer = {
    issuer,
    jwksUri,
    get key() {
      return key
    },
    published: [key.publicJwk],
    headers: {},
    requests,
    sign(claims = {}, { header = {}, key: signingKey = key } = {}) {
      const now = Math.floor(Date.now() / 1000)
      return signJwt(
        { iss: issuer, aud: testAudience, sub: 'alice', iat: now, exp: now + 300, ...claims },
        { header, key: signingKey },
      )
    },
    async rotateKey({ keep = false } = {}) {
      key = await createSigningKey(options.alg)
      self.published = keep ? [...self.published, key.publicJwk] : [key.publicJwk]
      return key
    },
    fail(how) {
      failure = how
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return self
}

/** Signs exactly these claims. Claims that are `undefined` are omitted. */
export function signJwt(
  claims: Record<string, unknown>,
  { header = {}, key }: { header?: Record<string, unknown>; key: SigningKey },
): Promise<string> {
  const protectedHeader = JSON.parse(
    JSON.stringify({ alg: key.algorithm, kid: key.id, typ: 'at+jwt', ...header }),
  )
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader(protectedHeader)
    .sign(key.privateKey)
}

const generate = promisify(generateKeyPair)

export async function createSigningKey(algorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateFor(algorithm)
  const id = randomUUID()
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' }
  return { id, algorithm, privateKey, publicJwk }
}

function generateFor(algorithm: string) {
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return generate('ed25519')
  if (algorithm === 'ES256') return generate('ec', { namedCurve: 'P-256' })
  if (algorithm === 'ES384') return generate('ec', { namedCurve: 'P-384' })
  if (algorithm === 'ES512') return generate('ec', { namedCurve: 'P-521' })
  return generate('rsa', { modulusLength: 2048 })
}

function accepts(request: IncomingMessage, type: string | undefined): boolean {
  const types = (request.headers.accept ?? '*/*').split(',').map((one) => one.split(';')[0]?.trim())
  return type === undefined || types.includes(type) || types.includes('*/*')
}

function answer(response: ServerResponse, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

function misbehave(how: Failure, request: IncomingMessage, response: ServerResponse) {
  if (how === 'error') response.writeHead(500).end('{}')
  else if (how === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
  else if (how === 'garbage') response.writeHead(200).end('<!doctype html>')
  else if (how === 'huge') response.writeHead(200).end(`{"keys":[],"x":"${'x'.repeat(600_000)}"}`)
  else if (how === 'reset') request.socket.destroy()
}

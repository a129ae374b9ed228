import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { jwksUriOf } from '../../src/credentials/fetch-keys.ts'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import type { KeyTiming } from '../../src/jwks/key-cache.ts'
import {
  createSigningKey,
  type Failure,
  startIssuer,
  type TestIssuer,
  testAudience,
} from '../support/issuer.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

let issuer: TestIssuer
let clock: number
let problems: Error[]

beforeEach(async () => {
  issuer = await startIssuer()
  clock = 0
  problems = []
})
afterEach(() => issuer.close())

function verifierOf(issuers: TestIssuer[] = [issuer], keyTiming: Partial<KeyTiming> = {}) {
  // A fetch that outlives its test must not report to the next one.
  const reported = problems
  return createJwtVerifier({
    issuers: issuers.map(({ issuer }) => resolveIssuer({ issuer, audience: testAudience })),
    keyTiming,
    clock: () => clock,
    random: () => 0,
    onKeyProblem: (_issuer, error) => reported.push(error),
  })
}
type Verifier = ReturnType<typeof verifierOf>

/** Returns `good`, the reason of a refusal, or `unavailable`. */
async function outcome(verifier: Verifier, token: string) {
  try {
    const verification = await verifier.verify(token, Date.now())
    return verification.ok ? 'good' : verification.reason
  } catch (error) {
    if (error instanceof ServiceUnavailableError) return 'unavailable'
    throw error
  }
}

const unknownKid = () => issuer.sign({}, { header: { kid: crypto.randomUUID() } })

const until = (condition: () => boolean) =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 2 })

describe('a fetch', () => {
  test('accepts the media type of key sets, without which Kubernetes answers 406', async () => {
    const cluster = await startIssuer({ keySetType: 'application/jwk-set+json' })
    const token = await cluster.sign({ sub: 'system:serviceaccount:default:api' })
    expect(await outcome(verifierOf([cluster]), token)).toBe('good')
    expect(problems).toEqual([])
    await cluster.close()
  })

  test('runs once for two hundred simultaneous requests', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => outcome(verifier, token)))
    expect(new Set(outcomes)).toEqual(new Set(['good']))
    expect(issuer.requests).toEqual({ discovery: 1, keys: 1 })
  })

  test('runs again in the background before the keys are ten minutes old', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    await outcome(verifier, token)
    clock = 7 * minute
    await outcome(verifier, token)
    expect(issuer.requests.keys).toBe(1)
    clock = 8 * minute
    issuer.fail('silence')
    expect(await outcome(verifier, token)).toBe('good')
    await until(() => issuer.requests.discovery === 2)
  })

  test('delays requests if the keys are older than that', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    await outcome(verifier, token)
    await issuer.rotateKey()
    clock = 10 * minute
    expect(await outcome(verifier, token)).toBe('unknown-key')
    expect(await outcome(verifier, await issuer.sign())).toBe('good')
  })

  test.each([
    ['max-age=120', 2 * minute],
    ['public, max-age=120, must-revalidate', 2 * minute],
    ['max-age=0', minute],
    ['no-store', minute],
    ['max-age=999999999', hour],
    ['max-age=x', 10 * minute],
  ])('after Cache-Control: %s runs when the keys are %d ms old', async (header, age) => {
    issuer.headers = { 'cache-control': header }
    const verifier = verifierOf()
    const token = await issuer.sign()
    await outcome(verifier, token)
    await issuer.rotateKey()
    clock = age * 0.74
    expect(await outcome(verifier, token)).toBe('good')
    expect(issuer.requests.keys).toBe(1)
    clock = age
    expect(await outcome(verifier, token)).toBe('unknown-key')
    expect(issuer.requests.keys).toBe(2)
  })
})

describe('an unknown key', () => {
  test('is found by one more fetch after a change of keys', async () => {
    const verifier = verifierOf()
    await outcome(verifier, await issuer.sign())
    await issuer.rotateKey()
    const token = await issuer.sign()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(verifier, token)))
    expect(new Set(outcomes)).toEqual(new Set(['good']))
    expect(issuer.requests.keys).toBe(2)
  })

  test('causes at most one fetch in thirty seconds for any number of tokens', async () => {
    const verifier = verifierOf()
    await outcome(verifier, await issuer.sign())
    for (let round = 0; round < 3; round++) {
      clock = round * 30 * second
      for (let batch = 0; batch < 3; batch++) {
        const tokens = await Promise.all(Array.from({ length: 20 }, unknownKid))
        const outcomes = await Promise.all(tokens.map((token) => outcome(verifier, token)))
        expect(new Set(outcomes)).toEqual(new Set(['unknown-key']))
        clock += 9 * second
      }
      expect(issuer.requests.keys).toBe(2 + round)
    }
  })

  test('causes no second fetch if the keys were fetched for the same token', async () => {
    const verifier = verifierOf()
    const tokens = await Promise.all(Array.from({ length: 50 }, unknownKid))
    const outcomes = await Promise.all(tokens.map((token) => outcome(verifier, token)))
    expect(new Set(outcomes)).toEqual(new Set(['unknown-key']))
    expect(issuer.requests.keys).toBe(1)
  })

  test('is an outage, not a refusal, while the issuer cannot be reached', async () => {
    const verifier = verifierOf()
    await outcome(verifier, await issuer.sign())
    issuer.fail('error')
    expect(await outcome(verifier, await unknownKid())).toBe('unavailable')
    expect(await outcome(verifier, await issuer.sign())).toBe('good')
  })
})

describe('an issuer that fails', () => {
  const failures: Failure[] = ['error', 'silence', 'redirect', 'huge', 'garbage', 'reset']

  test.each(failures)('by %s makes a first token wait, not be refused', async (how) => {
    const verifier = verifierOf([issuer], { timeout: 200 })
    const token = await issuer.sign()
    issuer.fail(how)
    expect(await outcome(verifier, token)).toBe('unavailable')
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(issuer.issuer)
    issuer.fail(null)
    clock = minute
    expect(await outcome(verifier, token)).toBe('good')
  })

  test('is not followed to another URL', async () => {
    issuer.fail('redirect')
    await outcome(verifierOf(), await issuer.sign())
    expect(issuer.requests).toEqual({ discovery: 2, keys: 0 })
  })

  test('leaves fetched keys in use for one more hour, and not a second longer', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    await outcome(verifier, token)
    issuer.fail('error')
    for (clock = minute; clock < 10 * minute + hour; clock += 5 * minute) {
      expect(await outcome(verifier, token)).toBe('good')
    }
    clock = 10 * minute + hour - 1
    expect(await outcome(verifier, token)).toBe('good')
    clock = 10 * minute + hour
    expect(await outcome(verifier, token)).toBe('unavailable')
  })

  test('is requested once per wait, which doubles up to a minute', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    issuer.fail('reset')
    const asked: number[] = []
    for (clock = 0; clock <= 5 * minute; clock += second / 2) {
      const before = issuer.requests.discovery
      const outcomes = await Promise.all([outcome(verifier, token), outcome(verifier, token)])
      expect(outcomes).toEqual(['unavailable', 'unavailable'])
      if (issuer.requests.discovery > before) asked.push(clock / second)
    }
    const waits = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
    // The shortest waits with jitter: half of 1, 2, 4 … 60 seconds.
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30, 30])
  })

  test('spreads its waits by the jitter', async () => {
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })],
      clock: () => clock,
      random: () => 0.999,
    })
    const token = await issuer.sign()
    issuer.fail('reset')
    await outcome(verifier, token)
    clock = 0.99 * second
    await outcome(verifier, token)
    expect(issuer.requests.discovery).toBe(1)
    clock = second
    await outcome(verifier, token)
    expect(issuer.requests.discovery).toBe(2)
  })

  test('that has recovered has no failures left', async () => {
    const verifier = verifierOf()
    issuer.fail('error')
    for (clock = 0; clock < minute; clock += second) await outcome(verifier, await issuer.sign())
    issuer.fail(null)
    clock = 2 * minute
    expect(await outcome(verifier, await issuer.sign())).toBe('good')
    for (let asked = 0; asked < 5; asked++) {
      expect(await outcome(verifier, await unknownKid())).toBe('unknown-key')
    }
    expect(issuer.requests.keys).toBe(2)
    issuer.fail('error')
    clock = 20 * minute
    await outcome(verifier, await issuer.sign())
    expect(issuer.requests.keys).toBe(2)
    const failure = await verifier.verify(await unknownKid(), Date.now()).catch((error) => error)
    expect(failure.retryAfterSeconds).toBe(1)
  })

  test('gives the end of its wait as Retry-After', async () => {
    const verifier = verifierOf()
    issuer.fail('error')
    await outcome(verifier, await issuer.sign())
    await outcome(verifier, await issuer.sign())
    clock = minute
    await outcome(verifier, await issuer.sign())
    const failure = await verifier.verify(await issuer.sign(), Date.now()).catch((error) => error)
    expect(failure).toBeInstanceOf(ServiceUnavailableError)
    expect(failure.retryAfterSeconds).toBe(1)
  })

  test('never makes another issuer wait', async () => {
    const other = await startIssuer()
    try {
      issuer.fail('silence')
      const verifier = verifierOf([issuer, other], { timeout: 500 })
      const waiting = outcome(verifier, await issuer.sign())
      expect(await outcome(verifier, await other.sign())).toBe('good')
      expect(await Promise.race([waiting, Promise.resolve('still waiting')])).toBe('still waiting')
      expect(await waiting).toBe('unavailable')
    } finally {
      await other.close()
    }
  })

  test('delays no request that has keys already', async () => {
    const verifier = verifierOf([issuer], { timeout: 60 * second })
    const token = await issuer.sign()
    await outcome(verifier, token)
    issuer.fail('error')
    clock = 8 * minute
    await outcome(verifier, token)
    await until(() => problems.length === 1)
    issuer.fail('silence')
    clock = 20 * minute
    expect(await outcome(verifier, token)).toBe('good')
    expect(await outcome(verifier, token)).toBe('good')
  })
})

describe('a key set', () => {
  test('that is small when compressed, but too large, is not read', async () => {
    const { gzipSync } = await import('node:zlib')
    const { createServer } = await import('node:http')
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20))
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    try {
      const verifier = createJwtVerifier({
        issuers: [
          resolveIssuer({
            issuer: issuer.issuer,
            audience: testAudience,
            jwksUri: `http://127.0.0.1:${port}/`,
          }),
        ],
        onKeyProblem: (_issuer, error) => problems.push(error),
      })
      expect(await outcome(verifier, await issuer.sign())).toBe('unavailable')
      expect(problems[0]?.message).toContain('more than 524288 bytes')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('reports unusable keys, and its other keys are used', async () => {
    const weak = await createSigningKey('RS256')
    issuer.published = [
      { ...weak.publicJwk, kid: 'weak', e: 'AQ' },
      { ...weak.publicJwk, kid: 'odd', alg: 'ES256' },
      { ...issuer.key.publicJwk, kid: 'cut', x: 'AAAA' },
      { kty: 'EC', crv: 'secp256k1', kid: 'curve' },
      { kty: 'oct', k: 'AAAA' },
      ...issuer.published,
    ]
    expect(await outcome(verifierOf(), await issuer.sign())).toBe('good')
    expect(problems.map(({ message }) => message)).toEqual([
      'Key "weak" has an unsafe exponent.',
      'Key "odd" is not for ES256.',
      'Key "cut" cannot be read.',
      'Key "curve" is of a type or curve that no accepted algorithm uses.',
    ])
  })

  test('is tried with at most four keys for a token without kid', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => createSigningKey()))
    const token = await issuer.sign({}, { header: { kid: undefined } })
    const own = issuer.key.publicJwk
    const published = others.map(({ publicJwk }) => publicJwk)
    issuer.published = [...published.slice(1), own]
    expect(await outcome(verifierOf(), token)).toBe('good')
    issuer.published = [...published, own]
    expect(await outcome(verifierOf(), token)).toBe('signature')
  })

  test('with more than a hundred keys is not read', async () => {
    issuer.published = Array.from({ length: 101 }, () => issuer.key.publicJwk)
    expect(await outcome(verifierOf(), await issuer.sign())).toBe('unavailable')
  })

  test('may be replaced by an empty one, which withdraws its keys', async () => {
    const verifier = verifierOf()
    const token = await issuer.sign()
    await outcome(verifier, token)
    issuer.published = []
    clock = 10 * minute
    expect(await outcome(verifier, token)).toBe('unknown-key')
  })
})

describe('discovery', () => {
  const startedWith = async (options: Parameters<typeof startIssuer>[0]) => {
    const started = await startIssuer(options)
    const result = await outcome(verifierOf([started]), await started.sign())
    await started.close()
    return { result, requests: started.requests }
  }

  test.each(['', '/', '/realms/example', '/tenant/v2.0/'])('works at the path %j', async (path) => {
    const { result, requests } = await startedWith({ issuerPath: path })
    expect(result).toBe('good')
    expect(requests).toEqual({ discovery: 1, keys: 1 })
  })

  test('falls back to the URL of RFC 8414', async () => {
    const started = await startedWith({
      issuerPath: '/realms/example',
      openidConfiguration: null,
      authorizationServer: {},
    })
    expect(started).toEqual({ result: 'good', requests: { discovery: 2, keys: 1 } })
  })

  test.each([
    ['another issuer', { issuer: 'https://other.example' }],
    ['another form of the issuer', { issuer: 'HTTP://127.0.0.1' }],
    ['no issuer', { issuer: undefined }],
    ['no place of keys', { jwks_uri: undefined }],
    ['keys without TLS', { jwks_uri: 'http://keys.example/jwks' }],
    ['keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ['keys in the text itself', { jwks_uri: 'data:application/json,{"keys":[]}' }],
  ])('refuses metadata with %s', async (_what, openidConfiguration) => {
    const { result, requests } = await startedWith({ openidConfiguration })
    expect(result).toBe('unavailable')
    expect(requests.keys).toBe(0)
  })

  test('is not used if the URL of the keys is configured', async () => {
    const { jwksUri } = issuer
    const verifier = createJwtVerifier({
      issuers: [resolveIssuer({ issuer: issuer.issuer, audience: testAudience, jwksUri })],
    })
    expect(await outcome(verifier, await issuer.sign())).toBe('good')
    expect(issuer.requests).toEqual({ discovery: 0, keys: 1 })
  })

  test('of an issuer on another machine never leads to this one', () => {
    const metadata = (jwks_uri: string) => ({ issuer: 'https://issuer.example', jwks_uri })
    const source = { issuer: 'https://issuer.example', allowHttp: true }
    const read = (uri: string) => jwksUriOf(metadata(uri), source, 'metadata')
    expect(read('https://keys.example/jwks')).toBe('https://keys.example/jwks')
    for (const host of ['127.0.0.1:5432', 'localhost', '[::1]:80', 'x.localhost', '127.1']) {
      expect(() => read(`http://${host}/`)).toThrow('must not be on this machine')
      expect(() => read(`https://${host}/`)).toThrow('must not be on this machine')
    }
  })
})

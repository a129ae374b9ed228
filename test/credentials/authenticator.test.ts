import { beforeEach, describe, expect, it } from 'vitest'
import type { Verified } from '../../src/credentials/authentication.ts'
import {
  type AuthenticatorParts,
  assembleAuthenticator,
} from '../../src/credentials/authenticator.ts'
import type { CredentialCaches } from '../../src/credentials/credential-caches.ts'
import type {
  CredentialDirectory,
  KeyForVerification,
  Owner,
} from '../../src/credentials/directory.ts'
import type { JwtVerification, VerifiedJwt } from '../../src/credentials/jwt.ts'
import { generateKey, generateSecret } from '../../src/credentials/key-form.ts'
import { KnownUsers } from '../../src/credentials/known-users.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { SingleFlight } from '../../src/credentials/single-flight.ts'
import { VerifiedCache } from '../../src/credentials/verified-cache.ts'
import { InvalidCredentialError, ServiceUnavailableError } from '../../src/errors.ts'

const start = Date.parse('2026-06-01T12:00:00Z')
const later = (milliseconds: number) => new Date(start + milliseconds)
const hasher = createSecretHasher(['pepper'])
const text = generateKey('lk')
const older = generateSecret('lk', text.id)
const token = 'header.claims.signature'

const owner: Owner = {
  userId: 'user',
  issuer: 'https://issuer.example',
  subject: 'ada',
  suspended: false,
  scopes: ['read:keys', 'read:users'],
  issuerScopes: null,
  signedOutAt: null,
}
const key: KeyForVerification = {
  id: text.id,
  name: 'CI',
  scopes: ['read:keys', 'read:users', 'write:keys'],
  lineageScopes: ['read:users', 'write:keys'],
  expiresAt: null,
  revokedAt: null,
  secretHash: hasher.hash(text.secret),
  previousSecretHash: hasher.hash(older.secret),
  previousExpiresAt: null,
  owner,
}
const jwt: VerifiedJwt = {
  issuer: owner.issuer,
  subject: 'ada',
  scopes: ['read:keys', 'write:users'],
  grant: null,
  issuedAt: start / 1000 - 10,
  expiresAt: start / 1000 + 10,
  id: 'jti',
}

/** The result of the directory: a value, or an error that it throws. */
let foundKey: KeyForVerification | null | Error
let admitted: Owner | null | Error
let verified: JwtVerification
/** Called during a lookup of a user. */
let meanwhile: () => void
let asked: string[]
let recorded: unknown[]
let clock: { at: number; monotonic(): number; wall(): number }

beforeEach(() => {
  foundKey = key
  admitted = owner
  verified = { ok: true, jwt }
  meanwhile = () => {}
  asked = []
  recorded = []
  clock = {
    at: start,
    monotonic: () => clock.at - start,
    wall: () => clock.at,
  }
})

function answer<T>(value: T | Error): T {
  if (value instanceof Error) throw value
  return value
}

const directory: CredentialDirectory = {
  async findKeyForVerification(id) {
    asked.push(`key ${id}`)
    return answer(foundKey)
  },
  async admitUser({ subject }) {
    asked.push(`user ${subject}`)
    meanwhile()
    return answer(admitted)
  },
  async markUsed() {},
}

function create(change: Partial<AuthenticatorParts> = {}, caches: Partial<CredentialCaches> = {}) {
  return assembleAuthenticator({
    maker: Symbol('authenticator'),
    checkAliases: () => null,
    session: null,
    recordsClients: false,
    sources: {
      keyPrefix: 'lk',
      importedForms: [],
      apiKeyHeader: 'x-api-key',
      jwtHeader: null,
      apiKeyQueryParameter: null,
    },
    jwt: {
      async verify(presented, now) {
        asked.push(`jwt ${presented} ${now - start}`)
        return verified
      },
    },
    directory,
    hasher,
    trustsIssuer: () => true,
    uses: {
      record: (use) => recorded.push(use),
      recordScopes: (...use) => recorded.push(use),
      flush: async () => {},
      close: async () => {},
    },
    rehashes: null,
    caches: {
      verified: null,
      wrongKeys: null,
      flights: new SingleFlight(clock, 1_000),
      users: new KnownUsers({ clock, maxAge: 60_000 }),
      ...caches,
    },
    clock,
    ...change,
  })
}

const carrying = (credential: string | null) => ({
  header: (name: string) =>
    name === 'authorization' && credential !== null ? `Bearer ${credential}` : null,
  queryParameters: () => [],
})
const authenticate = async (credential: string | null, authenticator = create()) =>
  await authenticator.authenticate(carrying(credential))
const refused = (reason: string, credentialId: string | null = null) => ({
  kind: 'refused',
  refusal: { reason, credentialId, error: expect.any(InvalidCredentialError) },
})

describe('a request', () => {
  it('without a credential is anonymous, without a lookup', async () => {
    expect(create().authenticate(carrying(null))).toEqual({ kind: 'anonymous' })
    expect(asked).toEqual([])
  })

  it.each(['nothing', 'a.b', 'lk2_x'])('with %j is refused at once', (credential) => {
    expect(create().authenticate(carrying(credential))).toEqual(refused('unrecognised'))
    expect(asked).toEqual([])
  })

  it('with two credentials is refused', () => {
    const twice = { header: () => `Bearer ${text.key}`, queryParameters: () => [] }
    expect(create().authenticate(twice)).toMatchObject({
      refusal: { reason: 'ambiguous', error: { code: 'INVALID_REQUEST' } },
    })
  })
})

describe('an API key', () => {
  it('gives the principal of its owner, within the grant and the scopes of ancestors', async () => {
    expect(await authenticate(text.key)).toEqual({
      kind: 'authenticated',
      principal: {
        issuer: owner.issuer,
        subject: 'ada',
        userId: 'user',
        scopes: new Set(['read:users']),
        credential: {
          kind: 'API_KEY',
          id: text.id,
          name: 'CI',
          issuer: null,
          scopes: key.scopes,
          expiresAt: null,
        },
      },
    })
    expect(asked).toEqual([`key ${text.id}`])
    expect(recorded).toEqual([{ keyId: text.id, at: start, previousSecret: false, from: null }])
  })

  it('that is malformed, or is not supported, is refused without a lookup', () => {
    const broken = `${text.key.slice(0, -1)}${text.key.endsWith('0') ? '1' : '0'}`
    expect(create().authenticate(carrying(broken))).toEqual(refused('key-malformed'))
    const without = create({ directory: null })
    expect(without.authenticate(carrying(text.key))).toEqual(refused('key-malformed'))
    expect(asked).toEqual([])
  })

  it.each<[string, Partial<KeyForVerification>, string]>([
    ['of another secret', { secretHash: hasher.hash('other') }, 'key-secret-wrong'],
    ['whose hash was erased', { secretHash: new Uint8Array(0) }, 'key-secret-wrong'],
    ['that was revoked', { revokedAt: later(-1) }, 'key-revoked'],
    [
      'that was revoked and has expired',
      { revokedAt: later(0), expiresAt: later(-1) },
      'key-revoked',
    ],
    ['that has expired', { expiresAt: later(-1) }, 'key-expired'],
    ['that expires now', { expiresAt: later(0) }, 'key-expired'],
    ['of a suspended owner', { owner: { ...owner, suspended: true } }, 'owner-suspended'],
  ])('%s is refused', async (_name, change, reason) => {
    foundKey = { ...key, ...change }
    expect(await authenticate(text.key)).toEqual(refused(reason, text.id))
    expect(recorded).toEqual([])
  })

  it('that is unknown is refused', async () => {
    foundKey = null
    expect(await authenticate(text.key)).toEqual(refused('key-unknown', text.id))
  })

  it('is refused if the issuer of its owner is not trusted', async () => {
    const authenticator = create({ trustsIssuer: (issuer) => issuer !== owner.issuer })
    expect(await authenticate(text.key, authenticator)).toEqual(
      refused('owner-of-untrusted-issuer', text.id),
    )
  })

  it('that is revoked or expired says so only to a caller with its secret', async () => {
    foundKey = { ...key, revokedAt: later(-1), secretHash: hasher.hash('other') }
    expect(await authenticate(text.key)).toEqual(refused('key-secret-wrong', text.id))
  })

  it('works a moment before it expires', async () => {
    foundKey = { ...key, expiresAt: later(1) }
    expect(await authenticate(text.key)).toMatchObject({
      principal: { credential: { expiresAt: later(1) } },
    })
  })

  it('works with its previous secret in the grace period', async () => {
    foundKey = { ...key, previousExpiresAt: later(1) }
    expect((await authenticate(older.key)).kind).toBe('authenticated')
    expect(recorded).toEqual([{ keyId: text.id, at: start, previousSecret: true, from: null }])
    for (const previousExpiresAt of [later(0), later(-1), null]) {
      foundKey = { ...key, previousExpiresAt }
      expect(await authenticate(older.key)).toEqual(refused('key-secret-wrong', text.id))
    }
    foundKey = { ...key, previousExpiresAt: later(1), previousSecretHash: null }
    expect(await authenticate(older.key)).toEqual(refused('key-secret-wrong', text.id))
  })

  it('that cannot be looked up is an outage, and a bug stays a bug', async () => {
    foundKey = new ServiceUnavailableError()
    expect(await authenticate(text.key)).toEqual({
      kind: 'refused',
      refusal: { reason: 'unavailable', credentialId: null, error: foundKey },
    })
    foundKey = new TypeError('a bug')
    await expect(authenticate(text.key)).rejects.toBe(foundKey)
  })
})

describe('a JWT', () => {
  it('gives the principal of its user, within the grant', async () => {
    expect(await authenticate(token)).toEqual({
      kind: 'authenticated',
      principal: {
        issuer: owner.issuer,
        subject: 'ada',
        userId: 'user',
        scopes: new Set(['read:keys']),
        credential: {
          kind: 'JWT',
          id: 'jti',
          name: null,
          issuer: owner.issuer,
          scopes: jwt.scopes,
          expiresAt: later(10_000),
        },
      },
    })
    expect(asked).toEqual([`jwt ${token} 0`, 'user ada'])
    expect(recorded).toEqual([])
  })

  it('has its own scopes if users are not stored', async () => {
    expect(await authenticate(token, create({ directory: null }))).toMatchObject({
      principal: { userId: 'ada', scopes: new Set(jwt.scopes) },
    })
  })

  it('is refused for the reason of its verifier, and no user is created', async () => {
    verified = { ok: false, reason: 'audience' }
    expect(await authenticate(token)).toEqual(refused('jwt-audience'))
    expect(asked).toEqual([`jwt ${token} 0`])
    expect(await authenticate(token, create({ jwt: null }))).toEqual(refused('jwt-unknown-issuer'))
  })

  function refusedUser(reason: string) {
    const { issuer, subject } = owner
    const { kind, refusal } = refused(reason)
    return { kind, refusal: { ...refusal, owner: { issuer, subject } } }
  }

  it.each<[string, Owner | null, string]>([
    ['a deleted user', null, 'owner-deleted'],
    ['a suspended user', { ...owner, suspended: true }, 'owner-suspended'],
    ['one who signed out since', { ...owner, signedOutAt: later(-9_999) }, 'owner-signed-out'],
  ])('of %s is refused', async (_name, found, reason) => {
    admitted = found
    expect(await authenticate(token)).toEqual(refusedUser(reason))
  })

  it('that was issued at the time of the sign-out, or later, is accepted', async () => {
    for (const signedOutAt of [later(-10_000), later(-20_000)]) {
      admitted = { ...owner, signedOutAt }
      expect((await authenticate(token)).kind).toBe('authenticated')
    }
  })

  it('is refused if the issuer of its user is not trusted', async () => {
    const authenticator = create({ trustsIssuer: () => false })
    expect(await authenticate(token, authenticator)).toEqual(
      refusedUser('owner-of-untrusted-issuer'),
    )
  })

  it('is accepted in an outage if its user is cached, up to the maximum age', async () => {
    const authenticator = create()
    admitted = new ServiceUnavailableError()
    expect(await authenticate(token, authenticator)).toMatchObject({
      refusal: { reason: 'unavailable' },
    })
    admitted = owner
    await authenticate(token, authenticator)
    admitted = new ServiceUnavailableError()
    clock.at += 60_000
    expect((await authenticate(token, authenticator)).kind).toBe('authenticated')
    clock.at += 1
    expect(await authenticate(token, authenticator)).toMatchObject({
      refusal: { reason: 'unavailable', error: { code: 'SERVICE_UNAVAILABLE' } },
    })
  })

  it('reports a bug as a bug, whether its user is cached or not', async () => {
    const authenticator = create()
    await authenticate(token, authenticator)
    admitted = new TypeError('a bug')
    await expect(authenticate(token, authenticator)).rejects.toBe(admitted)
  })
})

function withCaches() {
  const cache = <T>() => {
    const made = new VerifiedCache<T>({ clock, maxStaleness: 2_000 })
    made.restarted()
    made.heartbeat({ monotonic: clock.monotonic(), wall: clock.wall() })
    return made
  }
  const caches = {
    verified: cache<Verified>(),
    wrongKeys: cache<'key-unknown' | 'key-secret-wrong'>(),
  }
  return { ...caches, authenticator: create({}, caches) }
}

describe('a verified credential', () => {
  it.each([
    ['key', text.key, { kind: 'key', id: text.id }],
    ['key, by its user', text.key, { kind: 'user', id: 'user' }],
    ['JWT', token, { kind: 'user', id: 'user' }],
  ] as const)('is cached until something changes: a %s', async (_name, credential, change) => {
    const { authenticator, verified: cache } = withCaches()
    const first = await authenticate(credential, authenticator)
    const questions = asked.length
    expect(authenticator.authenticate(carrying(credential))).toBe(first)
    expect(asked).toHaveLength(questions)
    cache.changed(change)
    expect(authenticator.authenticate(carrying(credential))).toBeInstanceOf(Promise)
    expect(asked).toHaveLength(questions + 1)
  })

  it('is recorded each time that it is used', async () => {
    const { authenticator } = withCaches()
    await authenticate(text.key, authenticator)
    clock.at += 5
    authenticator.authenticate(carrying(text.key))
    expect(recorded).toEqual([
      { keyId: text.id, at: start, previousSecret: false, from: null },
      { keyId: text.id, at: start + 5, previousSecret: false, from: null },
    ])
  })

  it.each<[string, string, Partial<KeyForVerification>]>([
    ['its expiry', text.key, { expiresAt: later(100) }],
    ['the end of the grace period', older.key, { previousExpiresAt: later(100) }],
    [
      'its expiry within the grace period',
      older.key,
      { previousExpiresAt: later(900), expiresAt: later(100) },
    ],
    [
      'the end of the grace period before its expiry',
      older.key,
      { previousExpiresAt: later(100), expiresAt: later(900) },
    ],
  ])('is looked up again at %s', async (_name, credential, change) => {
    const { authenticator } = withCaches()
    foundKey = { ...key, ...change }
    await authenticate(credential, authenticator)
    clock.at += 99
    expect(authenticator.authenticate(carrying(credential))).not.toBeInstanceOf(Promise)
    clock.at += 1
    expect((await authenticate(credential, authenticator)).kind).toBe('refused')
    expect(asked).toHaveLength(2)
  })

  it('is looked up again when a JWT has expired', async () => {
    const { authenticator } = withCaches()
    verified = { ok: true, jwt: { ...jwt, expiresAt: start / 1000 + 1 } }
    await authenticate(token, authenticator)
    clock.at += 999
    expect(authenticator.authenticate(carrying(token))).not.toBeInstanceOf(Promise)
    clock.at += 1
    expect(authenticator.authenticate(carrying(token))).toBeInstanceOf(Promise)
  })

  it('is looked up once for simultaneous requests', async () => {
    const { authenticator } = withCaches()
    await Promise.all(Array.from({ length: 50 }, () => authenticate(text.key, authenticator)))
    expect(asked).toHaveLength(1)
    expect(recorded).toHaveLength(50)
  })

  it('is not used for another secret of the same key', async () => {
    const { authenticator } = withCaches()
    await authenticate(text.key, authenticator)
    expect(await authenticate(older.key, authenticator)).toEqual(
      refused('key-secret-wrong', text.id),
    )
  })

  it('is cached, while a refused one is looked up again', async () => {
    const { authenticator } = withCaches()
    foundKey = { ...key, revokedAt: later(-1) }
    await authenticate(text.key, authenticator)
    foundKey = key
    expect((await authenticate(text.key, authenticator)).kind).toBe('authenticated')
  })

  it('is not cached if it changed during the lookup', async () => {
    const { authenticator, verified: cache } = withCaches()
    const answering = authenticator.authenticate(carrying(text.key))
    cache.changed({ kind: 'key', id: text.id })
    await answering
    expect(authenticator.authenticate(carrying(text.key))).toBeInstanceOf(Promise)
  })

  it('leaves no cached user that changed during the lookup', async () => {
    const { authenticator, verified: cache } = withCaches()
    meanwhile = () => cache.changed({ kind: 'user', id: 'user' })
    await authenticate(token, authenticator)
    admitted = new ServiceUnavailableError()
    expect(await authenticate(token, authenticator)).toMatchObject({
      refusal: { reason: 'unavailable' },
    })
  })
})

describe('a key that was refused', () => {
  it.each([
    ['there is none of that id', null, 'key-unknown'],
    ['its secret is another', { ...key, secretHash: hasher.hash('other') }, 'key-secret-wrong'],
  ] as const)('is known too, until something changes: %s', async (_name, found, reason) => {
    const { authenticator, wrongKeys } = withCaches()
    foundKey = found
    expect(await authenticate(text.key, authenticator)).toEqual(refused(reason, text.id))
    expect(authenticator.authenticate(carrying(text.key))).toEqual(refused(reason, text.id))
    expect(asked).toHaveLength(1)
    wrongKeys.changed({ kind: 'key', id: text.id })
    foundKey = key
    expect((await authenticate(text.key, authenticator)).kind).toBe('authenticated')
  })

  it('stays refused for a minute', async () => {
    const { authenticator, wrongKeys } = withCaches()
    foundKey = null
    await authenticate(text.key, authenticator)
    for (let second = 0; second < 60; second++) {
      clock.at += second === 59 ? 999 : 1000
      wrongKeys.heartbeat({ monotonic: clock.monotonic(), wall: clock.wall() })
    }
    expect(authenticator.authenticate(carrying(text.key))).not.toBeInstanceOf(Promise)
    clock.at += 1
    expect(authenticator.authenticate(carrying(text.key))).toBeInstanceOf(Promise)
  })

  it.each([
    ['known', key],
    ['unknown', null],
  ])('reveals nothing about another secret of an id that is %s', async (_name, found) => {
    const { authenticator } = withCaches()
    foundKey = found
    await authenticate(older.key, authenticator)
    expect(authenticator.authenticate(carrying(text.key))).toBeInstanceOf(Promise)
  })

  it('is looked up again if the key changed during the lookup', async () => {
    const { authenticator, wrongKeys } = withCaches()
    foundKey = null
    const answering = authenticator.authenticate(carrying(text.key))
    wrongKeys.changed({ kind: 'key', id: text.id })
    await answering
    expect(authenticator.authenticate(carrying(text.key))).toBeInstanceOf(Promise)
  })
})

describe('the needed scopes', () => {
  const principalWith = async (credential: string) => {
    const outcome = await authenticate(credential)
    recorded = []
    if (outcome.kind !== 'authenticated') throw new Error('it was refused')
    return outcome.principal
  }

  it('are recorded for a key', async () => {
    const principal = await principalWith(text.key)
    create().recordScopes(principal, ['read:users'])
    expect(recorded).toEqual([[text.id, ['read:users'], start]])
  })

  it('are recorded with the time of the use that needed them', async () => {
    const same = create()
    await authenticate(text.key, same)
    clock.at += 5_000
    const outcome = await authenticate(text.key, same)
    if (outcome.kind !== 'authenticated') throw new Error('it was refused')
    clock.at += 300
    recorded = []
    same.recordScopes(outcome.principal, ['read:users'])
    expect(recorded).toEqual([[text.id, ['read:users'], start + 5_000]])
  })

  it('are not recorded for a JWT, if there are none, or without a recorder', async () => {
    create().recordScopes(await principalWith(token), ['read:users'])
    const principal = await principalWith(text.key)
    create().recordScopes(principal, [])
    create({ uses: null }).recordScopes(principal, ['read:users'])
    const nameless = { ...principal, credential: { ...principal.credential, id: null } }
    create().recordScopes(nameless, ['read:users'])
    expect(recorded).toEqual([])
  })

  it('do not decide whether a credential is accepted', async () => {
    expect((await authenticate(text.key, create({ uses: null }))).kind).toBe('authenticated')
  })
})

import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveIssuer } from '../../src/credentials/issuer-settings.ts'
import type { JwtRefusal, JwtVerifier } from '../../src/credentials/jwt.ts'
import { createJwtVerifier } from '../../src/credentials/jwt-verifier.ts'
import {
  createSigningKey,
  type SigningKey,
  startIssuer,
  type TestIssuer,
  testAudience,
} from '../support/issuer.ts'
import {
  constantSigner,
  ecdsaSigner,
  ed25519Signer,
  encode,
  hmacSigner,
  pssSigner,
  rawJws,
  rsaSigner,
} from '../support/raw-jws.ts'

/** The time at which every token below is checked. */
const now = 1_750_000_000

let issuer: TestIssuer
let verifier: JwtVerifier
let strict: JwtVerifier
let narrow: JwtVerifier
const keys: Record<'rsa' | 'ec' | 'ec384' | 'ec521' | 'ed' | 'stranger', SigningKey> =
  Object.create(null)
const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const retired = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const shared = Buffer.alloc(32, 7)

beforeAll(async () => {
  keys.rsa = await createSigningKey('RS256')
  keys.ec = await createSigningKey('ES256')
  keys.ec384 = await createSigningKey('ES384')
  keys.ec521 = await createSigningKey('ES512')
  keys.ed = await createSigningKey('EdDSA')
  keys.stranger = await createSigningKey('RS256')
  issuer = await startIssuer()
  const jwk = (pair: { publicKey: ReturnType<typeof createPublicKey> }, kid: string) => ({
    ...pair.publicKey.export({ format: 'jwk' }),
    kid,
  })
  issuer.published = [
    keys.rsa.publicJwk,
    { ...keys.rsa.publicJwk, kid: 'rsa-any', alg: undefined },
    keys.ec.publicJwk,
    keys.ec384.publicJwk,
    keys.ec521.publicJwk,
    keys.ed.publicJwk,
    jwk(weakRsa, 'weak'),
    { ...keys.rsa.publicJwk, kid: 'e1', alg: undefined, e: 'AQ' },
    { ...keys.rsa.publicJwk, kid: 'even', alg: undefined, e: 'BA' },
    { ...jwk(retired, 'encrypts'), use: 'enc' },
    { ...jwk(retired, 'signs-only'), key_ops: ['sign'] },
    { ...jwk(retired, 'other-alg'), alg: 'ECDH-ES' },
    { ...keys.ec384.publicJwk, kid: 'p384-as-es256', alg: 'ES256' },
    { ...keys.ec.publicJwk, kid: 'p256-as-es384', alg: 'ES384' },
    { ...retired.privateKey.export({ format: 'jwk' }), kid: 'private' },
    jwk(secp256k1, 'secp256k1'),
    { ...jwk(retired, 'off-curve'), y: 'A'.repeat(43) },
    { kty: 'oct', kid: 'shared', k: shared.toString('base64url') },
    { kty: 'OKP', crv: 'Ed25519', kid: 'short-ed', x: 'AAAA' },
  ] as (JsonWebKey & Record<string, unknown>)[]
  const settings = { issuer: issuer.issuer, audience: testAudience }
  verifier = createJwtVerifier({ issuers: [resolveIssuer(settings)] })
  strict = createJwtVerifier({
    issuers: [resolveIssuer({ ...settings, requireAccessTokenType: true })],
  })
  narrow = createJwtVerifier({
    issuers: [resolveIssuer({ ...settings, algorithms: ['RS256'], maxTokenAgeSeconds: 3600 })],
  })
  await verifier.verify(good(), now * 1000)
})
afterAll(() => issuer.close())

const claims = (changes: Record<string, unknown> = {}) => ({
  iss: issuer.issuer,
  aud: testAudience,
  sub: 'alice',
  iat: now - 10,
  exp: now + 300,
  ...changes,
})
const claimsText = (extra: string) => `${JSON.stringify(claims()).slice(0, -1)},${extra}}`

/** A token with a valid signature, so that only its header or claims can be the reason of a refusal. */
function good(changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}) {
  return rawJws(
    { alg: 'RS256', kid: keys.rsa.id, typ: 'at+jwt', ...header },
    claims(changes),
    rsaSigner(keys.rsa.privateKey),
  )
}

function signedText(header: string, payload: string | Buffer = JSON.stringify(claims())) {
  return rawJws(header, payload, rsaSigner(keys.rsa.privateKey))
}

const rsaHeader = (extra = '') => `{"alg":"RS256","kid":"${keys.rsa.id}"${extra}}`
const parts = (token: string) => token.split('.') as [string, string, string]
const es256 = (signature: Buffer, kid = keys.ec.id) =>
  rawJws({ alg: 'ES256', kid }, claims(), constantSigner(signature))

const p256Order = Buffer.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'hex',
)
const zero32 = Buffer.alloc(32)
const one32 = Buffer.concat([Buffer.alloc(31), Buffer.from([1])])

type Hostile = [name: string, reason: JwtRefusal, token: () => string, against?: () => JwtVerifier]

const malformed: Hostile[] = [
  ['no text', 'not-a-jws', () => ''],
  ['one part', 'not-a-jws', () => 'abc'],
  ['two parts', 'not-a-jws', () => parts(good()).slice(0, 2).join('.')],
  ['four parts', 'not-a-jws', () => `${good()}.AAAA`],
  ['five parts (JWE)', 'not-a-jws', () => `${good()}.AAAA.AAAA`],
  ['a trailing dot', 'not-a-jws', () => `${good()}.`],
  ['a leading dot', 'not-a-jws', () => `.${good()}`],
  ['only dots', 'not-a-jws', () => '..'],
  ['an empty header', 'not-a-jws', () => `.${parts(good())[1]}.${parts(good())[2]}`],
  ['an empty payload', 'not-a-jws', () => `${parts(good())[0]}..${parts(good())[2]}`],
  ['an empty signature', 'not-a-jws', () => `${parts(good())[0]}.${parts(good())[1]}.`],
  ['a line break after it', 'not-a-jws', () => `${good()}\n`],
  ['a space before it', 'not-a-jws', () => ` ${good()}`],
  ['a line break inside', 'not-a-jws', () => good().replace('.', '\n.')],
  ['a NUL inside', 'not-a-jws', () => good().replace('.', '\u0000.')],
  ['a tab in the signature', 'not-a-jws', () => insertBeforeEnd(good(), '\t')],
  ['padding on the header', 'not-a-jws', () => good().replace('.', '=.')],
  ['padding on the signature', 'not-a-jws', () => `${good()}==`],
  ['percent encoding', 'not-a-jws', () => good().replace('.', '%2E')],
  ['full-width dots', 'not-a-jws', () => good().replaceAll('.', '．')],
  ['a Cyrillic letter', 'not-a-jws', () => good().replace('e', 'е')],
  ['stray last bits in the signature', 'not-a-jws', () => withStrayBits(good())],
  [
    'stray last bits in an ECDSA signature',
    'not-a-jws',
    () =>
      withStrayBits(
        rawJws({ alg: 'ES256', kid: keys.ec.id }, claims(), ecdsaSigner(keys.ec.privateKey)),
      ),
  ],
  [
    'the other base64 alphabet',
    'not-a-jws',
    () => `${parts(good())[0]}.${parts(good())[1]}.${'+/'.repeat(171)}`,
  ],
  ['a length that no bytes encode to', 'not-a-jws', () => `${good()}AAA`],
  [
    'flattened JSON serialization',
    'not-a-jws',
    () => JSON.stringify({ protected: 'e30', payload: 'e30', signature: 'AA' }),
  ],
  ['the Bearer word before it', 'not-a-jws', () => `Bearer ${good()}`],
  ['a comma and another token', 'not-a-jws', () => `${good()},${good()}`],
  ['more than 16 KiB', 'too-long', () => good({ filler: 'x'.repeat(16_384) })],
  ['a megabyte of dots', 'too-long', () => '.'.repeat(1_000_000)],
]

const headers: Hostile[] = [
  ['a header that is no JSON', 'header', () => signedText('{"alg":"RS256"')],
  ['a header array', 'header', () => signedText('["RS256"]')],
  ['a header string', 'header', () => signedText('"RS256"')],
  ['a header null', 'header', () => signedText('null')],
  ['a header with a byte order mark', 'header', () => signedText(`\uFEFF${rsaHeader()}`)],
  ['a header with text after it', 'header', () => signedText(`${rsaHeader()}x`)],
  [
    'a header that is not UTF-8',
    'header',
    () => `${encode(Buffer.from([0x7b, 0xff, 0x7d]))}.${parts(good())[1]}.${parts(good())[2]}`,
  ],
  [
    'two alg, the last one good',
    'header',
    () => signedText(`{"alg":"none","alg":"RS256","kid":"${keys.rsa.id}"}`),
  ],
  [
    'two alg, one written with an escape',
    'header',
    () => signedText(`{"\\u0061lg":"none","alg":"RS256","kid":"${keys.rsa.id}"}`),
  ],
  ['two kid', 'header', () => signedText(rsaHeader(',"kid":"x"'))],
  ['no alg', 'header', () => signedText('{"typ":"JWT"}')],
  ['alg null', 'header', () => good({}, { alg: null })],
  ['alg a number', 'header', () => good({}, { alg: 256 })],
  ['alg an array', 'header', () => good({}, { alg: ['RS256'] })],
  ['kid a number', 'header', () => good({}, { kid: 7 })],
  ['kid an object', 'header', () => good({}, { kid: { toString: 'x' } })],
  ['kid null', 'header', () => good({}, { kid: null })],
  ['typ a number', 'header', () => good({}, { typ: 1 })],
  ['typ null', 'header', () => good({}, { typ: null })],
  ['crit with an unknown extension', 'header', () => good({}, { crit: ['exp'], exp: now })],
  ['crit empty', 'header', () => good({}, { crit: [] })],
  ['crit with b64', 'header', () => good({}, { crit: ['b64'], b64: true })],
  ['crit null', 'header', () => good({}, { crit: null })],
  ['b64 false without crit', 'header', () => good({}, { b64: false })],
  ['b64 true', 'header', () => good({}, { b64: true })],
]

const algorithms: Hostile[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' none',
    'rs256',
    'RS256 ',
    'RS-256',
    'RSA',
    '__proto__',
    'constructor',
    'toString',
  ].map((alg): Hostile => [`alg ${JSON.stringify(alg)}`, 'algorithm', () => good({}, { alg })]),
  ...['HS256', 'HS384', 'HS512'].map(
    (alg): Hostile => [
      `${alg} with the published RSA key as the secret`,
      'algorithm',
      () => {
        const pem = createPublicKey(keys.rsa.privateKey).export({ type: 'spki', format: 'pem' })
        const hash = alg.replace('HS', 'sha')
        return rawJws({ alg, kid: keys.rsa.id }, claims(), hmacSigner(pem, hash))
      },
    ],
  ),
  [
    'HS256 with a published shared key',
    'algorithm',
    () => rawJws({ alg: 'HS256', kid: 'shared' }, claims(), hmacSigner(shared)),
  ],
  ['HS256 with no secret', 'algorithm', () => rawJws({ alg: 'HS256' }, claims(), hmacSigner(''))],
  [
    'ES256K',
    'algorithm',
    () => rawJws({ alg: 'ES256K', kid: 'secp256k1' }, claims(), ecdsaSigner(secp256k1.privateKey)),
  ],
  [
    'RS1',
    'algorithm',
    () =>
      rawJws({ alg: 'RS1', kid: keys.rsa.id }, claims(), rsaSigner(keys.rsa.privateKey, 'sha1')),
  ],
  ['RSA-OAEP', 'algorithm', () => good({}, { alg: 'RSA-OAEP' })],
  ['dir', 'algorithm', () => good({}, { alg: 'dir', enc: 'A128GCM' })],
  ['Ed448', 'algorithm', () => good({}, { alg: 'Ed448' })],
  [
    'an algorithm that this issuer may not use',
    'algorithm',
    () => rawJws({ alg: 'ES256', kid: keys.ec.id }, claims(), ecdsaSigner(keys.ec.privateKey)),
    () => narrow,
  ],
]

const confusion: Hostile[] = [
  [
    'PS256 by a key published for RS256',
    'unknown-key',
    () => rawJws({ alg: 'PS256', kid: keys.rsa.id }, claims(), pssSigner(keys.rsa.privateKey)),
  ],
  [
    'RS512 by a key published for RS256',
    'unknown-key',
    () =>
      rawJws(
        { alg: 'RS512', kid: keys.rsa.id },
        claims(),
        rsaSigner(keys.rsa.privateKey, 'sha512'),
      ),
  ],
  [
    'alg RS256, signed with RS512',
    'signature',
    () =>
      rawJws(
        { alg: 'RS256', kid: keys.rsa.id },
        claims(),
        rsaSigner(keys.rsa.privateKey, 'sha512'),
      ),
  ],
  [
    'alg RS256, signed with PS256',
    'signature',
    () => rawJws({ alg: 'RS256', kid: 'rsa-any' }, claims(), pssSigner(keys.rsa.privateKey)),
  ],
  [
    'alg PS256, signed with RS256',
    'signature',
    () => rawJws({ alg: 'PS256', kid: 'rsa-any' }, claims(), rsaSigner(keys.rsa.privateKey)),
  ],
  [
    'PS256 with a salt of no bytes',
    'signature',
    () =>
      rawJws(
        { alg: 'PS256', kid: 'rsa-any' },
        claims(),
        pssSigner(keys.rsa.privateKey, 'sha256', 0),
      ),
  ],
  ['RS256 by an elliptic curve key', 'unknown-key', () => good({}, { kid: keys.ec.id })],
  [
    'ES256 by an RSA key',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: keys.rsa.id }, claims(), ecdsaSigner(keys.ec.privateKey)),
  ],
  [
    'EdDSA by an elliptic curve key',
    'unknown-key',
    () => rawJws({ alg: 'EdDSA', kid: keys.ec.id }, claims(), ed25519Signer(keys.ed.privateKey)),
  ],
  [
    'ES256 on P-384',
    'signature',
    () =>
      rawJws({ alg: 'ES256', kid: keys.ec384.id }, claims(), ecdsaSigner(keys.ec384.privateKey)),
  ],
  [
    'ES384 on P-256',
    'signature',
    () =>
      rawJws(
        { alg: 'ES384', kid: keys.ec.id },
        claims(),
        ecdsaSigner(keys.ec.privateKey, 'sha384'),
      ),
  ],
  [
    'ES256 naming a P-384 key',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: keys.ec384.id }, claims(), ecdsaSigner(keys.ec.privateKey)),
  ],
  [
    'ES256 naming a P-384 key that says ES256',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'p384-as-es256' }, claims(), ecdsaSigner(keys.ec.privateKey)),
  ],
  [
    'ES256 naming a P-256 key that says ES384',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'p256-as-es384' }, claims(), ecdsaSigner(keys.ec.privateKey)),
  ],
  [
    'ES512 with the hash of ES256',
    'signature',
    () =>
      rawJws(
        { alg: 'ES512', kid: keys.ec521.id },
        claims(),
        ecdsaSigner(keys.ec521.privateKey, 'sha256'),
      ),
  ],
  [
    'ES256 naming a key on secp256k1',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'secp256k1' }, claims(), ecdsaSigner(secp256k1.privateKey)),
  ],
  [
    'an encryption key',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'encrypts' }, claims(), ecdsaSigner(retired.privateKey)),
  ],
  [
    'a key that may not verify',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'signs-only' }, claims(), ecdsaSigner(retired.privateKey)),
  ],
  [
    'a key agreement key',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'other-alg' }, claims(), ecdsaSigner(retired.privateKey)),
  ],
  [
    'a key published with its private part',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'private' }, claims(), ecdsaSigner(retired.privateKey)),
  ],
  [
    'a key off its curve',
    'unknown-key',
    () => rawJws({ alg: 'ES256', kid: 'off-curve' }, claims(), ecdsaSigner(retired.privateKey)),
  ],
  [
    'a truncated Ed25519 key',
    'unknown-key',
    () => rawJws({ alg: 'EdDSA', kid: 'short-ed' }, claims(), ed25519Signer(keys.ed.privateKey)),
  ],
  [
    'an RSA key of 1024 bits',
    'signature',
    () => rawJws({ alg: 'RS256', kid: 'weak' }, claims(), rsaSigner(weakRsa.privateKey)),
  ],
  [
    'an RSA key of 1024 bits, signature filled up',
    'unknown-key',
    () =>
      rawJws({ alg: 'RS256', kid: 'weak' }, claims(), (input) =>
        Buffer.concat([Buffer.alloc(128), rsaSigner(weakRsa.privateKey)(input)]),
      ),
  ],
  [
    'an RSA key with exponent 1',
    'unknown-key',
    () => rawJws({ alg: 'RS256', kid: 'e1' }, claims(), constantPadding),
  ],
  ['an RSA key with an even exponent', 'unknown-key', () => good({}, { kid: 'even' })],
]

const signatures: Hostile[] = [
  [
    'a signature of a stranger',
    'signature',
    () => rawJws({ alg: 'RS256', kid: keys.rsa.id }, claims(), rsaSigner(keys.stranger.privateKey)),
  ],
  ['claims changed after signing', 'signature', () => withPayload(good(), claims({ sub: 'root' }))],
  [
    'the header changed after signing',
    'signature',
    () => withHeader(good(), { alg: 'RS256', kid: keys.rsa.id, typ: 'JWT' }),
  ],
  [
    "another token's signature",
    'signature',
    () =>
      `${parts(good({ sub: 'root' }))
        .slice(0, 2)
        .join('.')}.${parts(good())[2]}`,
  ],
  [
    'an RSA signature of zeros',
    'signature',
    () => rawJws({ alg: 'RS256', kid: keys.rsa.id }, claims(), constantSigner(Buffer.alloc(256))),
  ],
  [
    'an RSA signature of ones',
    'signature',
    () =>
      rawJws({ alg: 'RS256', kid: keys.rsa.id }, claims(), constantSigner(Buffer.alloc(256, 0xff))),
  ],
  [
    'an RSA signature with a byte too many',
    'signature',
    () =>
      rawJws({ alg: 'RS256', kid: keys.rsa.id }, claims(), (input) =>
        Buffer.concat([Buffer.alloc(1), rsaSigner(keys.rsa.privateKey)(input)]),
      ),
  ],
  [
    'an RSA signature with a byte too few',
    'signature',
    () =>
      rawJws({ alg: 'RS256', kid: keys.rsa.id }, claims(), (input) =>
        rsaSigner(keys.rsa.privateKey)(input).subarray(1),
      ),
  ],
  ['a psychic signature (r = s = 0)', 'signature', () => es256(Buffer.alloc(64))],
  [
    'a psychic signature (r = s = order)',
    'signature',
    () => es256(Buffer.concat([p256Order, p256Order])),
  ],
  ['r = 0', 'signature', () => es256(Buffer.concat([zero32, one32]))],
  ['s = 0', 'signature', () => es256(Buffer.concat([one32, zero32]))],
  ['r = s = 1', 'signature', () => es256(Buffer.concat([one32, one32]))],
  ['r = s = 2^256 - 1', 'signature', () => es256(Buffer.alloc(64, 0xff))],
  [
    'an ECDSA signature in DER',
    'signature',
    () =>
      rawJws(
        { alg: 'ES256', kid: keys.ec.id },
        claims(),
        ecdsaSigner(keys.ec.privateKey, 'sha256', 'der'),
      ),
  ],
  [
    'an ECDSA signature with leading zeros',
    'signature',
    () =>
      rawJws({ alg: 'ES256', kid: keys.ec.id }, claims(), (input) =>
        Buffer.concat([Buffer.alloc(2), ecdsaSigner(keys.ec.privateKey)(input)]),
      ),
  ],
  [
    'an Ed25519 signature of zeros',
    'signature',
    () => rawJws({ alg: 'EdDSA', kid: keys.ed.id }, claims(), constantSigner(Buffer.alloc(64))),
  ],
  [
    'an Ed25519 signature cut short',
    'signature',
    () =>
      rawJws({ alg: 'EdDSA', kid: keys.ed.id }, claims(), (input) =>
        ed25519Signer(keys.ed.privateKey)(input).subarray(1),
      ),
  ],
  [
    'an Ed25519 signature with s beyond the order',
    'signature',
    () =>
      rawJws({ alg: 'EdDSA', kid: keys.ed.id }, claims(), (input) =>
        withGreaterS(ed25519Signer(keys.ed.privateKey)(input)),
      ),
  ],
]

const keyChoice: Hostile[] = [
  ...[
    '../../../dev/null',
    "' OR '1'='1",
    '| whoami',
    'http://127.0.0.1:1/key',
    '',
    '\u0000',
    '__proto__',
    'constructor',
    'x'.repeat(4000),
  ].map(
    (kid): Hostile => [
      `kid ${JSON.stringify(kid.slice(0, 30))}`,
      'unknown-key',
      () => good({}, { kid }),
    ],
  ),
  ['its own key in jwk', 'unknown-key', () => strangersToken({ jwk: keys.stranger.publicJwk })],
  ['its own key in x5c', 'unknown-key', () => strangersToken({ x5c: ['MIIB'] })],
  ['its own key set in jku', 'unknown-key', () => strangersToken({ jku: `${issuer.issuer}/evil` })],
  [
    'its own certificate in x5u',
    'unknown-key',
    () => strangersToken({ x5u: `${issuer.issuer}/evil` }),
  ],
  [
    'its own key in jwk under the name of a real one',
    'signature',
    () => strangersToken({ jwk: keys.stranger.publicJwk, kid: keys.rsa.id }),
  ],
]

const types: Hostile[] = [
  ...[
    'logout+jwt',
    'dpop+jwt',
    'identity+jwt',
    'secevent+jwt',
    'id_token',
    'JWE',
    'JOSE+JSON',
    'token-introspection+jwt',
    'application/jose',
    'text/at+jwt',
    'at+jwt ',
    '',
  ].map((typ): Hostile => [`typ ${JSON.stringify(typ)}`, 'type', () => good({}, { typ })]),
  ['typ JWT where access tokens are asked', 'type', () => good({}, { typ: 'JWT' }), () => strict],
  [
    'no typ where access tokens are asked',
    'type',
    () => good({}, { typ: undefined }),
    () => strict,
  ],
  ['an ID token by its nonce', 'type', () => good({ nonce: 'n' }, { typ: 'JWT' })],
  ['an ID token by its at_hash', 'type', () => good({ at_hash: 'h' }, { typ: undefined })],
  ['an ID token by its c_hash', 'type', () => good({ c_hash: 'h' }, { typ: 'JWT' })],
  [
    'a logout token',
    'type',
    () =>
      good(
        { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
        { typ: 'JWT' },
      ),
  ],
  ['a token bound to a key of its sender', 'type', () => good({ cnf: { jkt: 'thumbprint' } })],
]

const badClaims: Hostile[] = [
  ['claims that are no JSON', 'claims', () => signedText(rsaHeader(), '{')],
  ['claims in an array', 'claims', () => signedText(rsaHeader(), '[]')],
  ['claims null', 'claims', () => signedText(rsaHeader(), 'null')],
  [
    'claims that are no UTF-8',
    'claims',
    () => signedText(rsaHeader(), Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])),
  ],
  ['two sub', 'claims', () => signedText(rsaHeader(), claimsText('"sub":"root"'))],
  ['two exp', 'claims', () => signedText(rsaHeader(), claimsText('"exp":99999999999'))],
  [
    'a sub in __proto__ only',
    'claims',
    () =>
      signedText(
        rsaHeader(),
        JSON.stringify(claims({ sub: undefined })).replace('{', '{"__proto__":{"sub":"root"},'),
      ),
  ],
  ['no iss', 'unknown-issuer', () => good({ iss: undefined })],
  ['iss a number', 'unknown-issuer', () => good({ iss: 7 })],
  ['iss an array', 'unknown-issuer', () => good({ iss: [issuer.issuer] })],
  ['iss with a slash more', 'unknown-issuer', () => good({ iss: `${issuer.issuer}/` })],
  ['iss in upper case', 'unknown-issuer', () => good({ iss: issuer.issuer.toUpperCase() })],
  ['iss __proto__', 'unknown-issuer', () => good({ iss: '__proto__' })],
  ['iss of a stranger', 'unknown-issuer', () => good({ iss: 'https://evil.example' })],
  ['no aud', 'audience', () => good({ aud: undefined })],
  ['aud of another', 'audience', () => good({ aud: 'https://other.example' })],
  ['aud a prefix of ours', 'audience', () => good({ aud: testAudience.slice(0, -1) })],
  ['aud with ours as a prefix', 'audience', () => good({ aud: `${testAudience}.evil` })],
  ['aud empty', 'audience', () => good({ aud: [] })],
  ['aud an object', 'audience', () => good({ aud: { [testAudience]: true } })],
  ['aud with more than strings', 'audience', () => good({ aud: [testAudience, 7] })],
  ['aud a nested array', 'audience', () => good({ aud: [[testAudience]] })],
  ['aud null', 'audience', () => good({ aud: null })],
  ['aud an object whose text cannot be read', 'audience', () => good({ aud: { toString: 1 } })],
  ['no sub', 'claims', () => good({ sub: undefined })],
  ['sub empty', 'claims', () => good({ sub: '' })],
  ['sub a number', 'claims', () => good({ sub: 7 })],
  ['sub an array', 'claims', () => good({ sub: ['alice'] })],
  ['sub of 256 characters', 'claims', () => good({ sub: 'x'.repeat(256) })],
  ['sub with a space at its end', 'claims', () => good({ sub: 'alice ' })],
  ['sub with a no-break space', 'claims', () => good({ sub: 'alice\u00a0smith' })],
  ['sub with a zero-width space', 'claims', () => good({ sub: 'al\u200bice' })],
  ['sub with half a surrogate pair', 'claims', () => good({ sub: 'alice\ud800' })],
  ['sub with a line break', 'claims', () => good({ sub: 'alice\r\nX-User-Id: root' })],
  ['sub with a line break at its end', 'claims', () => good({ sub: 'alice\n' })],
  ['sub with a NUL', 'claims', () => good({ sub: 'alice\u0000' })],
  ['sub with a DEL', 'claims', () => good({ sub: 'alice\u007f' })],
  ['sub with a right-to-left override', 'claims', () => good({ sub: 'a\u202elice' })],
  ['no exp', 'claims', () => good({ exp: undefined })],
  ['exp null', 'claims', () => good({ exp: null })],
  ['exp a string', 'claims', () => good({ exp: String(now + 300) })],
  ['exp in milliseconds', 'claims', () => good({ exp: (now + 300) * 1000 })],
  ['exp 1e308', 'claims', () => good({ exp: 1e308 })],
  [
    'exp 1e400',
    'claims',
    () => signedText(rsaHeader(), JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e400')),
  ],
  ['exp negative', 'claims', () => good({ exp: -1 })],
  ['exp true', 'claims', () => good({ exp: true })],
  ['exp an array', 'claims', () => good({ exp: [now + 300] })],
  ['exp now', 'expired', () => good({ exp: now })],
  ['exp 0', 'expired', () => good({ exp: 0 })],
  ['exp a second ago', 'expired', () => good({ exp: now - 1 })],
  ['no iat', 'claims', () => good({ iat: undefined })],
  ['iat a string', 'claims', () => good({ iat: String(now) })],
  ['iat in milliseconds', 'claims', () => good({ iat: now * 1000 })],
  ['iat negative', 'claims', () => good({ iat: -1 })],
  ['iat in a minute', 'issued-in-the-future', () => good({ iat: now + 60 })],
  ['nbf in a minute', 'not-yet-valid', () => good({ nbf: now + 60 })],
  ['nbf a string', 'claims', () => good({ nbf: '0' })],
  ['nbf null', 'claims', () => good({ nbf: null })],
  ['jti a number', 'claims', () => good({ jti: 7 })],
  [
    'a life longer than the issuer may give',
    'lifetime',
    () => good({ exp: now + 7200 }),
    () => narrow,
  ],
  [
    'an age greater than the issuer may give',
    'too-old',
    () => good({ iat: now - 7200 }),
    () => narrow,
  ],
]

const withoutNetwork = { malformed, headers, algorithms, types, badClaims }
const afterKeys = { confusion, signatures, keyChoice }

for (const [family, cases] of Object.entries({ ...withoutNetwork, ...afterKeys })) {
  describe(`refuses: ${family}`, () => {
    test.each(cases)('%s -> %s', async (_name, reason, token, against = () => verifier) => {
      expect(await against().verify(token(), now * 1000)).toMatchObject({ ok: false, reason })
    })
  })
}

test('there are at least a hundred tokens, all different', () => {
  const all = [...Object.values(withoutNetwork), ...Object.values(afterKeys)].flat()
  expect(all.length).toBeGreaterThanOrEqual(100)
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length)
})

test('a token with any one character changed is refused', async () => {
  const token = rawJws({ alg: 'ES256', kid: keys.ec.id }, claims(), ecdsaSigner(keys.ec.privateKey))
  expect(await verifier.verify(token, now * 1000)).toMatchObject({ ok: true })
  for (let at = 0; at < token.length; at++) {
    for (const other of ['A', '_', '.']) {
      const changed = `${token.slice(0, at)}${other}${token.slice(at + 1)}`
      if (changed === token) continue
      expect(await verifier.verify(changed, now * 1000)).toMatchObject({ ok: false })
    }
  }
})

test('no key is fetched for a token that is refused anyway', async () => {
  const issuers = [resolveIssuer({ issuer: issuer.issuer, audience: testAudience })]
  const cold = createJwtVerifier({ issuers })
  const before = { ...issuer.requests }
  for (const [, , token, against] of Object.values(withoutNetwork).flat()) {
    if (against === undefined) await cold.verify(token(), now * 1000)
  }
  expect(issuer.requests).toEqual(before)
})

describe('accepts valid tokens, so that the refusals above are meaningful', () => {
  const fine: [name: string, token: () => string][] = [
    ['the token that the others are made from', () => good()],
    ['no typ', () => good({}, { typ: undefined })],
    ['typ JWT in any case', () => good({}, { typ: 'jwt' })],
    ['typ as a full media type', () => good({}, { typ: 'application/AT+JWT' })],
    [
      'members of one name in different objects',
      () => good({ a: { sub: 1, exp: 2 }, b: [{ sub: '"}:{' }] }),
    ],
    ['escaped quotes and backslashes', () => good({ 'a"b\\': 'c\\"', d: '\\\\' })],
    [
      'a claim named __proto__',
      () => signedText(rsaHeader(), claimsText('"__proto__":{"sub":"root"}')),
    ],
    ['several audiences', () => good({ aud: ['https://other.example', testAudience] })],
    ['sub of 255 characters', () => good({ sub: 'x'.repeat(255) })],
    ['times with fractions', () => good({ iat: now - 0.5, exp: now + 0.5 })],
    [
      'white space around the claims',
      () => signedText(rsaHeader(), ` ${JSON.stringify(claims(), null, 2)}\n`),
    ],
    ['an access token with a nonce', () => good({ nonce: 'n' })],
    [
      'an Ed25519 signature under either name',
      () =>
        rawJws({ alg: 'Ed25519', kid: keys.ed.id }, claims(), ed25519Signer(keys.ed.privateKey)),
    ],
    [
      'PS256',
      () => rawJws({ alg: 'PS256', kid: 'rsa-any' }, claims(), pssSigner(keys.rsa.privateKey)),
    ],
  ]
  test.each(fine)('%s', async (_name, token) => {
    expect(await verifier.verify(token(), now * 1000)).toMatchObject({ ok: true })
  })

  test('but never reads a member of __proto__, nor an unprintable jti', async () => {
    const text = claimsText('"__proto__":{"scope":"admin"},"jti":"a\\r\\nb"')
    const verification = await verifier.verify(signedText(rsaHeader(), text), now * 1000)
    expect(verification).toMatchObject({ jwt: { subject: 'alice', scopes: [], id: null } })
  })
})

/** The padded hash (RFC 8017 §9.2), which is its own signature with an exponent of 1. */
function constantPadding(input: Buffer) {
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex')
  const hash = createHash('sha256').update(input).digest()
  const filler = Buffer.alloc(256 - 3 - digestInfo.length - hash.length, 0xff)
  const [start, end] = [Buffer.from([0, 1]), Buffer.from([0])]
  return Buffer.concat([start, filler, end, digestInfo, hash])
}

function insertBeforeEnd(token: string, text: string) {
  return `${token.slice(0, -1)}${text}${token.slice(-1)}`
}

/** Another encoding of the same bytes: the last character has bits that belong to no byte. */
function withStrayBits(token: string) {
  const last = token.slice(-1)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const other = alphabet[alphabet.indexOf(last) + 1]
  const spelling = `${token.slice(0, -1)}${other}`
  const signature = (text: string) => Buffer.from(parts(text)[2], 'base64url')
  expect(signature(spelling)).toEqual(signature(token))
  return spelling
}

function withPayload(token: string, payload: Record<string, unknown>) {
  return `${parts(token)[0]}.${encode(payload)}.${parts(token)[2]}`
}

function withHeader(token: string, header: Record<string, unknown>) {
  return `${encode(header)}.${parts(token)[1]}.${parts(token)[2]}`
}

function strangersToken(header: Record<string, unknown>) {
  return rawJws(
    { alg: 'RS256', kid: keys.stranger.id, ...header },
    claims(),
    rsaSigner(keys.stranger.privateKey),
  )
}

/** s + L is congruent to s. With both accepted, a signature would have a second form (RFC 8032 §5.1.7). */
function withGreaterS(signature: Buffer) {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`)
  const greater = Buffer.from((s + order).toString(16).padStart(64, '0'), 'hex').reverse()
  return Buffer.concat([signature.subarray(0, 32), greater])
}

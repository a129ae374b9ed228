import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readKeySet } from '../../src/jwks/key-set.ts'
import { hasRocaFingerprint, smallPrimes } from '../../src/jwks/roca.ts'
import {
  base64urlOf,
  createRocaKey,
  ed25519Jwk,
  powerModulo,
  primorial,
  smallOrderKeys,
} from '../support/weak-keys.ts'

/** Reads a key set with this key only. Returns `good` or the fault. */
async function faultOf(jwk: Record<string, unknown>) {
  const { keys, faults } = await readKeySet({ keys: [{ kid: 'k', ...jwk }] })
  expect(keys).toHaveLength(faults.length === 0 ? 1 : 0)
  return faults[0] ?? 'good'
}

const rsaJwk = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' })
const numberOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
const rsa = rsaJwk(2048)

describe('an RSA key', () => {
  test('of 2048 bits is good, also with the exponent 3', async () => {
    expect(await faultOf(rsa)).toBe('good')
    expect(await faultOf(rsaJwk(2048, 3))).toBe('good')
  })

  test.each([512, 1024, 2040])('of %d bits is refused', async (bits) => {
    expect(await faultOf(rsaJwk(bits))).toBe(`Key "k" has ${bits} bits: 2048 are needed.`)
  })

  test('of more than 16384 bits is refused', async () => {
    const n = base64urlOf((1n << 16_384n) + 1n)
    expect(await faultOf({ kty: 'RSA', e: 'AQAB', n })).toBe(
      'Key "k" has 16385 bits: at most 16384 are allowed.',
    )
  })

  test('has its significant bits, whatever zeros are before them', async () => {
    const n = `AAAA${rsaJwk(1024).n}`
    expect(await faultOf({ ...rsa, n })).toBe('Key "k" has 1024 bits: 2048 are needed.')
    expect(await faultOf({ ...rsa, n: `AAAA${rsa.n}` })).toBe('good')
  })

  test.each([0n, 1n, 2n, 4n, 65_536n, 2n ** 256n + 1n])('with exponent %d', async (exponent) => {
    const fault = await faultOf({ ...rsa, e: base64urlOf(exponent) })
    expect(fault).toMatch(/^Key "k" (has an unsafe exponent|cannot be read)\.$/)
  })

  test.each(smallPrimes)('whose modulus is divisible by %d is refused', async (prime) => {
    const modulus = numberOf(rsa.n)
    const n = base64urlOf(modulus - (modulus % BigInt(prime)) + BigInt(prime) * 2n)
    expect(await faultOf({ ...rsa, n })).toMatch(
      /^Key "k" has a modulus that is divisible by \d+\.$/,
    )
  })
})

describe('ROCA', () => {
  // A vulnerable modulus that was published with the attack's detection tool.
  const published = BigInt(
    '0x944e13208a280c37efc31c3114485e590192adbb8e11c87cad60cdef0037ce99' +
      '278330d3f471a2538fa667802ed2a3c44a8b7dea826e888d0aa341fd664f7fa7',
  )

  test('is recognised by a published modulus', () => {
    expect(hasRocaFingerprint(published)).toBe(true)
    for (const changed of [published + 2n, published - 2n]) {
      expect(hasRocaFingerprint(changed)).toBe(false)
    }
  })

  test.each([
    [39, 512],
    [71, 1024],
    [126, 2048],
    [225, 4096],
  ])('is recognised by the form with %d primes, for keys of %d bits', (count, bits) => {
    const product = primorial(count)
    const factor = (1n << BigInt(bits)) / product
    for (const exponent of [0n, 1n, 2n ** 61n + 3n]) {
      expect(hasRocaFingerprint(factor * product + powerModulo(65_537n, exponent, product))).toBe(
        true,
      )
    }
  })

  test('is not found in keys of another generator', () => {
    expect(hasRocaFingerprint(numberOf(rsa.n))).toBe(false)
    expect(hasRocaFingerprint(numberOf(rsaJwk(3072).n))).toBe(false)
  })

  test('is not found if each residue is a power, but not all of the same exponent', () => {
    // 65537 has order 4 modulo 5: the exponent would be 1 modulo 4, and 0 modulo the even orders of others.
    const others = primorial(39) / 5n
    const steps = [1n, 2n, 3n, 4n].find((step) => (1n + step * others) % 5n === 2n) ?? 0n
    expect(hasRocaFingerprint(1n + steps * others)).toBe(false)
    expect(hasRocaFingerprint(1n)).toBe(true)
  })

  test('leads to the refusal of a key that works', async () => {
    const jwk = createPublicKey(createRocaKey()).export({ format: 'jwk' })
    expect(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.modulusLength).toBe(
      2048,
    )
    expect(await faultOf(jwk)).toBe('Key "k" is weak by ROCA (CVE-2017-15361).')
  })
})

describe('an Ed25519 key', () => {
  test('that is generated is good', async () => {
    expect(await faultOf(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }))).toBe(
      'good',
    )
  })

  test.each(smallOrderKeys)('of small order is refused: %s', async (_name, encoded) => {
    expect(await faultOf(ed25519Jwk(encoded))).toBe('Key "k" is a point of small order.')
  })

  test.each(['ef', 'f0', 'ff'])('beyond the field is refused: %s', async (lowest) => {
    for (const highest of ['7f', 'ff']) {
      const encoded = `${lowest}${'ff'.repeat(30)}${highest}`
      expect(await faultOf(ed25519Jwk(encoded))).toBe('Key "k" is not encoded canonically.')
    }
  })
})

describe('an EC key', () => {
  test.each([
    ['P-256', 32],
    ['P-384', 48],
    ['P-521', 66],
  ] as const)('on %s is good, and off the curve refused', async (crv, length) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: crv })
    const jwk = publicKey.export({ format: 'jwk' })
    expect(await faultOf(jwk)).toBe('good')
    const zero = Buffer.alloc(length).toString('base64url')
    const changed = base64urlOf(numberOf(jwk.y) ^ 1n)
    const points = [{ y: changed }, { x: zero, y: zero }, { x: jwk.y, y: jwk.x }, { y: undefined }]
    for (const point of points) {
      expect(await faultOf({ ...jwk, ...point })).toBe('Key "k" cannot be read.')
    }
  })
})

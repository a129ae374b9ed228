import {
  checkPrimeSync,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto'
import { rawJws } from './raw-jws.ts'

export function base64urlOf(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let bit = exponent, square = base % modulus; bit > 0n; bit >>= 1n) {
    if (bit % 2n === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = []
  for (let number = 2n; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0n)) primes.push(number)
  }
  return primes
}

/** Returns the product of the first primes. ROCA uses 126 of them for keys of 1984 to 3936 bits. */
export function primorial(count: number): bigint {
  return firstPrimes(count).reduce((product, prime) => product * prime, 1n)
}

/** Creates an RSA key of 2048 bits whose primes have the form that CVE-2017-15361 (ROCA) describes. */
export function createRocaKey(): KeyObject {
  const [p, q] = [rocaPrime(), rocaPrime()]
  const e = 65_537n
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const members = Object.entries(numbers).map(([name, number]) => [name, base64urlOf(number)])
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' })
}

function rocaPrime(): bigint {
  const product = primorial(126)
  const random = (bytes: number) => BigInt(`0x${randomBytes(bytes).toString('hex')}`)
  // The primes are at least three quarters of 2^1024, so that a product of two has 2048 bits.
  const least = (3n << 1022n) / product + 1n
  for (;;) {
    const factor = least + (random(8) % (least / 3n))
    const prime = factor * product + powerModulo(65_537n, random(8), product)
    if (checkPrimeSync(prime)) return prime
  }
}

function inverse(number: bigint, modulus: bigint): bigint {
  let [r, next, s, t] = [number % modulus, modulus, 1n, 0n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[s, t] = [t, s - quotient * t]
  }
  return ((s % modulus) + modulus) % modulus
}

/** Every encoding, canonical or not, that OpenSSL decodes to one of the eight points of small order. */
export const smallOrderKeys = [
  ['the identity', `01${'00'.repeat(31)}`],
  ['the identity with the sign of x', `01${'00'.repeat(30)}80`],
  ['the identity beyond the field', `ee${'ff'.repeat(30)}7f`],
  ['the identity beyond the field with the sign of x', `ee${'ff'.repeat(31)}`],
  ['order 2', `ec${'ff'.repeat(30)}7f`],
  ['order 2 with the sign of x', `ec${'ff'.repeat(31)}`],
  ['order 4', '00'.repeat(32)],
  ['order 4, negative', `${'00'.repeat(31)}80`],
  ['order 4 beyond the field', `ed${'ff'.repeat(30)}7f`],
  ['order 4 beyond the field, negative', `ed${'ff'.repeat(31)}`],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8, negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['the other order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  [
    'the other order 8, negative',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ],
] as const

export function ed25519Jwk(encoded: string) {
  return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(encoded, 'hex').toString('base64url') }
}

/**
 * Forges a JWS that verifies with a public key of small order, without a private key: `R` is the
 * identity and `S` is zero, which is valid for one message in as many as the order.
 */
export function forgeWithSmallOrder(
  encoded: string,
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
): string {
  const key = createPublicKey({ key: ed25519Jwk(encoded), format: 'jwk' })
  const signature = Buffer.from(`01${'00'.repeat(63)}`, 'hex')
  for (let n = 0; n < 1000; n++) {
    let verified = false
    const token = rawJws(
      { alg: 'EdDSA', ...header },
      { ...claims, jti: `forged-${n}` },
      (input) => {
        verified = verify(null, input, key, signature)
        return signature
      },
    )
    if (verified) return token
  }
  throw new Error('OpenSSL verified none of a thousand signatures')
}

import { base64url, type CryptoKey, exportJWK } from 'jose'
import { hasRocaFingerprint, smallPrimes } from './roca.ts'

const rsaBits = { least: 2048, most: 16_384 }

/**
 * Returns the reason why a public key is unsafe, as the end of a sentence, or `null`. The imported key is
 * checked, not its JWK, so that the check and the verification use the same values.
 *
 * @param key must be extractable
 */
export async function keyFault(key: CryptoKey): Promise<string | null> {
  const { kty, n = '', x = '' } = await exportJWK(key)
  if (kty === 'RSA') {
    return rsaFault(key.algorithm as RsaKeyAlgorithm, toBigInt(base64url.decode(n)))
  }
  return kty === 'OKP' ? ed25519Fault(base64url.decode(x)) : null
}

function rsaFault(
  { modulusLength, publicExponent }: RsaKeyAlgorithm,
  modulus: bigint,
): string | null {
  // RFC 7518 §3.3 and §3.5.
  if (modulusLength < rsaBits.least) return `has ${modulusLength} bits: ${rsaBits.least} are needed`
  if (modulusLength > rsaBits.most)
    return `has ${modulusLength} bits: at most ${rsaBits.most} are allowed`
  if (!isSafeExponent(toBigInt(publicExponent))) return 'has an unsafe exponent'
  const factor = smallPrimes.find((prime) => modulus % BigInt(prime) === 0n)
  if (factor !== undefined) return `has a modulus that is divisible by ${factor}`
  return hasRocaFingerprint(modulus) ? 'is weak by ROCA (CVE-2017-15361)' : null
}

/**
 * With an exponent of 1 the message is its own signature, an even exponent has no inverse, and an exponent
 * beyond the bound of FIPS 186-5 §A.1.1 makes verification slow.
 */
function isSafeExponent(exponent: bigint): boolean {
  return exponent >= 3n && exponent % 2n === 1n && exponent < 2n ** 256n
}

const fieldPrime = 2n ** 255n - 19n
const orderEight = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

/** The `y` coordinates of the eight points whose order divides the cofactor. */
const smallOrderY = new Set([0n, 1n, fieldPrime - 1n, orderEight, fieldPrime - orderEight])

/**
 * For a public key of small order anyone can make signatures that RFC 8032 §5.1.7 verifies. OpenSSL accepts
 * such keys, and also encodings that RFC 8032 §5.1.3 refuses.
 */
function ed25519Fault(encoded: Uint8Array): string | null {
  const y = toBigInt(Uint8Array.from(encoded).reverse()) & (2n ** 255n - 1n)
  if (smallOrderY.has(y % fieldPrime)) return 'is a point of small order'
  return y < fieldPrime ? null : 'is not encoded canonically'
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`)
}

/** The first 39 primes. For every key size, the flawed generator uses a product that includes them. */
export const smallPrimes = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const

const generator = 65_537

/** The exponents of `generator` that give a residue: all numbers congruent to `exponent` modulo `order`. */
interface DiscreteLogarithm {
  readonly exponent: number
  readonly order: number
}

/**
 * Whether an RSA modulus comes from the generator of CVE-2017-15361 (ROCA, Nemec et al., "The Return of
 * Coppersmith's Attack", 2017), whose private keys can be computed from the public ones. Its primes have the
 * form `k * M + (65537^a mod M)`, where `M` is a product of the first primes, so the modulus is a power of
 * 65537 modulo `M`. About one in 2^154 other moduli has this form too.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  const logarithms: DiscreteLogarithm[] = []
  for (const prime of smallPrimes) {
    const logarithm = discreteLogarithm(Number(modulus % BigInt(prime)), prime)
    if (logarithm === null) return false
    logarithms.push(logarithm)
  }
  // One exponent fits all primes exactly if every two of the congruences agree.
  return logarithms.every((one) => logarithms.every((other) => agree(one, other)))
}

function discreteLogarithm(residue: number, prime: number): DiscreteLogarithm | null {
  let exponent: number | null = null
  let order = 0
  let power = 1
  do {
    if (power === residue) exponent = order
    power = (power * generator) % prime
    order++
  } while (power !== 1)
  return exponent === null ? null : { exponent, order }
}

function agree(one: DiscreteLogarithm, other: DiscreteLogarithm): boolean {
  return (one.exponent - other.exponent) % greatestCommonDivisor(one.order, other.order) === 0
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

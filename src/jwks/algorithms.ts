/** The kind of key that an algorithm needs: RSA or a curve. */
export type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

interface AlgorithmTraits {
  readonly kind: KeyKind
  /** The length of a signature in bytes; `null`: it depends on the key (RSA). */
  readonly signatureBytes: number | null
}

/**
 * The accepted signature algorithms of RFC 7518 §3.1, RFC 8037 and RFC 9864: asymmetric ones only (RFC 8725
 * §3.1, §3.2).
 */
export const jwsAlgorithms = {
  RS256: { kind: 'RSA', signatureBytes: null },
  RS384: { kind: 'RSA', signatureBytes: null },
  RS512: { kind: 'RSA', signatureBytes: null },
  PS256: { kind: 'RSA', signatureBytes: null },
  PS384: { kind: 'RSA', signatureBytes: null },
  PS512: { kind: 'RSA', signatureBytes: null },
  ES256: { kind: 'P-256', signatureBytes: 64 },
  ES384: { kind: 'P-384', signatureBytes: 96 },
  ES512: { kind: 'P-521', signatureBytes: 132 },
  EdDSA: { kind: 'Ed25519', signatureBytes: 64 },
  Ed25519: { kind: 'Ed25519', signatureBytes: 64 },
} as const satisfies Record<string, AlgorithmTraits>

export type JwsAlgorithm = keyof typeof jwsAlgorithms

export const allJwsAlgorithms = Object.keys(jwsAlgorithms).filter(isJwsAlgorithm)

export function isJwsAlgorithm(name: string): name is JwsAlgorithm {
  return Object.hasOwn(jwsAlgorithms, name)
}

/** `EdDSA` and `Ed25519` are two names of one algorithm (RFC 9864 §2.2). */
export function canonicalAlgorithm(algorithm: JwsAlgorithm): JwsAlgorithm {
  return algorithm === 'EdDSA' ? 'Ed25519' : algorithm
}

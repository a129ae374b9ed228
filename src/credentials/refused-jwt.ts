import type { Claims } from './claims.ts'

/** The parts of a refused JWT that its refusal is about, for the log. They are not verified. */
export interface RefusedJwt {
  /** `iss`, or `null` if it is not a string. Shortened to 256 characters. */
  readonly iss: string | null
  /** The audiences that are strings: the first five, each shortened to 256 characters. */
  readonly aud: readonly string[]
  /** The name of the claim or header parameter that failed; `null`: the signature. */
  readonly claim: string | null
  /** The value of `claim`, if it is a number, a boolean or a short text, and not the subject. */
  readonly value?: string | number | boolean
}

const maxLength = 256
const maxAudiences = 5

/**
 * @param header the parameters of the header that may have failed
 */
export function describeRefusedJwt(
  claims: Claims,
  claim: string | null,
  header: Claims = {},
): RefusedJwt {
  const { iss, aud } = claims
  const value = claim === null || claim === 'sub' ? undefined : (header[claim] ?? claims[claim])
  const isShown = typeof value === 'number' || typeof value === 'boolean' || isShort(value)
  return {
    iss: typeof iss === 'string' ? iss.slice(0, maxLength) : null,
    aud: [aud]
      .flat()
      // Any other value may have a `toString` that is not a function.
      .filter((audience) => typeof audience === 'string')
      .slice(0, maxAudiences)
      .map((audience) => audience.slice(0, maxLength)),
    claim,
    ...(isShown && claim !== 'iss' && claim !== 'aud' && { value }),
  }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64
}

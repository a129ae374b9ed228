import { type Claims, claimPath, readClaim } from './claims.ts'

/** The parts of a refused JWT that its refusal is about, for the log. They are not verified. */
export interface RefusedJwt {
  /** `iss`, or `null` if it is not a string. Shortened to 256 characters. */
  readonly iss: string | null
  /** The audiences that are strings: the first five, each shortened to 256 characters. */
  readonly aud: readonly string[]
  /** The name of the claim or header parameter that failed; `null`: the signature. */
  readonly claim: string | null
  /**
   * The value of `claim`, if it is a number, a boolean or a short text, and not the subject. Of several claims,
   * such as `aud, azp`, that of the first one after `aud`.
   */
  readonly value?: string | number | boolean
  /** The configured values of `claim`, if it is the issuer, the audience or the algorithm: the first five. */
  readonly expected?: readonly string[]
}

export interface FailedClaim {
  /** The name of the claim or header parameter; `null`: the signature. */
  readonly claim: string | null
  /** The parameters of the header that may have failed. */
  readonly header?: Claims
  /** The values that would have been accepted. */
  readonly expected?: Iterable<string>
}

const maxLength = 256
const maxValues = 5

export function describeRefusedJwt(
  claims: Claims,
  { claim, header = {}, expected }: FailedClaim,
): RefusedJwt {
  const { iss, aud } = claims
  // Keycloak has a claim `typ` beside the parameter of the header, and the claim says more.
  const value = shownValue(claim, { ...header, ...claims })
  return {
    iss: typeof iss === 'string' ? iss.slice(0, maxLength) : null,
    aud: [aud]
      .flat()
      // Any other value may have a `toString` that is not a function.
      .filter((audience) => typeof audience === 'string')
      .slice(0, maxValues)
      .map((audience) => audience.slice(0, maxLength)),
    claim,
    ...(value !== undefined && { value }),
    ...(expected && { expected: [...expected].slice(0, maxValues) }),
  }
}

/** `iss` and `aud` are described anyway, and the subject is personal data. */
const hidden = new Set(['iss', 'aud', 'sub'])

function shownValue(claim: string | null, claims: Claims): RefusedJwt['value'] {
  const names = claim === null ? [] : claim.split(', ').filter((name) => !hidden.has(name))
  const found = names.map((name) => readClaim(claims, claimPath(name)))
  const value = found.find((one) => one !== undefined && one !== null)
  return typeof value === 'number' || typeof value === 'boolean' || isShort(value)
    ? value
    : undefined
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64
}

import { ServiceUnavailableError } from '../errors.ts'
import type { Authentication, Refused, Verified } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { type Clock, stampOf } from './lease.ts'
import type { CredentialCarrier } from './presented-credential.ts'
import type { UseRecorder } from './use-recorder.ts'

export interface CredentialLookupsOptions {
  readonly caches: Pick<CredentialCaches, 'verified' | 'flights'>
  /** Records each use of a key; `null`: uses are not recorded. */
  readonly uses: UseRecorder | null
  /** Whether the client is recorded with each use. */
  readonly recordsClients: boolean
  readonly clock: Clock
}

/**
 * Finds the result for a credential in the cache, or looks it up. `use` is the request that uses the credential;
 * `null`: a request that was authenticated before is checked again, which is not another use.
 */
export interface CredentialLookups {
  /** `null`: the credential is not in the cache. */
  getCached(cacheKey: string, use: CredentialCarrier | null): Authentication | null
  /** Looks the credential up. Simultaneous calls with the same credential share one lookup. */
  lookUp(
    cacheKey: string,
    use: CredentialCarrier | null,
    start: () => Promise<Verified | Refused>,
  ): Promise<Authentication>
  /** The time at which a key was last accepted, in milliseconds since the epoch. */
  readonly lastUse: number
}

export function createCredentialLookups(options: CredentialLookupsOptions): CredentialLookups {
  const { uses, recordsClients, clock } = options
  const { verified, flights } = options.caches
  let lastUse = clock.wall()

  function accept(
    { keyId, previousSecret, slot = null, authentication }: Verified,
    at: number,
    use: CredentialCarrier | null,
  ): Authentication {
    if (keyId !== null && use !== null) {
      lastUse = at
      uses?.record({ keyId, at, previousSecret, from: recordsClients ? use : null }, slot)
    }
    return authentication
  }

  return {
    get lastUse() {
      return lastUse
    },

    getCached(cacheKey, use) {
      if (verified === null) return null
      const now = stampOf(clock)
      const known = verified.get(cacheKey, now)
      return known === undefined ? null : accept(known, now.wall, use)
    },

    lookUp: (cacheKey, use, start) =>
      flights
        .run(cacheKey, () => verify(verified, cacheKey, start))
        .then(
          (outcome) => ('authentication' in outcome ? accept(outcome, clock.wall(), use) : outcome),
          refuseUnavailable,
        ),
  }
}

/** Caches a verified credential, unless a change arrived during the lookup. */
async function verify(
  verified: CredentialCaches['verified'],
  cacheKey: string,
  lookUp: () => Promise<Verified | Refused>,
): Promise<Verified | Refused> {
  const fence = verified?.fence() ?? 0
  const outcome = await lookUp()
  if ('authentication' in outcome) {
    const { keyId, validUntil, authentication } = outcome
    const { userId } = authentication.principal
    verified?.put(cacheKey, outcome, { keyId, userId, validUntil }, fence)
  }
  return outcome
}

/** @throws `error` if it is not an outage */
function refuseUnavailable(error: unknown): Refused {
  if (!(error instanceof ServiceUnavailableError)) throw error
  return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
}

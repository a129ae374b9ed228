import { ServiceUnavailableError } from '../errors.ts'
import type { Authentication, Refused, Verified } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { type Clock, stampOf } from './lease.ts'
import type { UseRecorder } from './use-recorder.ts'

export interface CredentialLookupsOptions {
  readonly caches: Pick<CredentialCaches, 'verified' | 'flights'>
  /** Records each use of a key; `null`: uses are not recorded. */
  readonly uses: UseRecorder | null
  readonly clock: Clock
}

/**
 * Finds the result for a credential in the cache, or looks it up. With `isRecheck`, the request was authenticated
 * before, so this is not another use of the credential.
 */
export interface CredentialLookups {
  /** `null`: the credential is not in the cache. */
  getCached(cacheKey: string, isRecheck: boolean): Authentication | null
  /** Looks the credential up. Simultaneous calls with the same credential share one lookup. */
  lookUp(
    cacheKey: string,
    isRecheck: boolean,
    start: () => Promise<Verified | Refused>,
  ): Promise<Authentication>
  /** The time at which a key was last accepted, in milliseconds since the epoch. */
  readonly lastUse: number
}

export function createCredentialLookups(options: CredentialLookupsOptions): CredentialLookups {
  const { uses, clock } = options
  const { verified, flights } = options.caches
  let lastUse = clock.wall()

  function accept(
    { keyId, previousSecret, authentication }: Verified,
    at: number,
    isRecheck: boolean,
  ): Authentication {
    if (keyId !== null && !isRecheck) {
      lastUse = at
      uses?.record({ keyId, at, previousSecret })
    }
    return authentication
  }

  return {
    get lastUse() {
      return lastUse
    },

    getCached(cacheKey, isRecheck) {
      if (verified === null) return null
      const now = stampOf(clock)
      const known = verified.get(cacheKey, now)
      return known === undefined ? null : accept(known, now.wall, isRecheck)
    },

    lookUp: (cacheKey, isRecheck, start) =>
      flights
        .run(cacheKey, () => verify(verified, cacheKey, start))
        .then(
          (outcome) =>
            'authentication' in outcome ? accept(outcome, clock.wall(), isRecheck) : outcome,
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

import { ServiceUnavailableError } from '../errors.ts'
import type { Authentication, Refused, Verified } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { type Clock, stampOf } from './lease.ts'
import type { UseRecorder } from './use-recorder.ts'

export interface CredentialLookupsOptions {
  readonly caches: Pick<CredentialCaches, 'verified' | 'flights'>
  /** Told of each use of a key. */
  readonly uses: UseRecorder | null
  readonly clock: Clock
}

/**
 * Finds the outcome for a credential in the cache, or has it looked up. `again` is set where the request
 * was authenticated before: it is no further use of the credential.
 */
export interface CredentialLookups {
  /** `null`: the credential is not in the cache. */
  getCached(cacheKey: string, again: boolean): Authentication | null
  /** One lookup however many ask at once with the same credential. */
  lookUp(
    cacheKey: string,
    again: boolean,
    start: () => Promise<Verified | Refused>,
  ): Promise<Authentication>
  /** When a key was accepted last, milliseconds since the epoch. */
  readonly lastUse: number
}

export function createCredentialLookups(options: CredentialLookupsOptions): CredentialLookups {
  const { uses, clock } = options
  const { verified, flights } = options.caches
  let lastUse = clock.wall()

  function accept(
    { keyId, previousSecret, authentication }: Verified,
    at: number,
    again: boolean,
  ): Authentication {
    if (keyId !== null && !again) {
      lastUse = at
      uses?.record({ keyId, at, previousSecret })
    }
    return authentication
  }

  return {
    get lastUse() {
      return lastUse
    },

    getCached(cacheKey, again) {
      if (verified === null) return null
      const now = stampOf(clock)
      const known = verified.get(cacheKey, now)
      return known === undefined ? null : accept(known, now.wall, again)
    },

    lookUp: (cacheKey, again, start) =>
      flights
        .run(cacheKey, () => verify(verified, cacheKey, start))
        .then(
          (outcome) =>
            'authentication' in outcome ? accept(outcome, clock.wall(), again) : outcome,
          refuseUnavailable,
        ),
  }
}

/** What is found good is remembered, unless something changed while it was looked up. */
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

/** @throws `error` where it is no outage */
function refuseUnavailable(error: unknown): Refused {
  if (!(error instanceof ServiceUnavailableError)) throw error
  return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
}

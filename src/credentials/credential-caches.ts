import type { Refused, Verified } from './authentication.ts'
import type { KnownUsers } from './known-users.ts'
import type { SingleFlight } from './single-flight.ts'
import type { VerifiedCache } from './verified-cache.ts'

export interface CredentialCaches {
  /** Good credentials by their hash; `null`: each is looked up each time. */
  readonly verified: VerifiedCache<Verified> | null
  /**
   * API keys that were refused since there is none of that id, or for their secret: both, and by the
   * whole key, so that asking again tells no more than asking did.
   */
  readonly wrongKeys: VerifiedCache<WrongKey> | null
  readonly flights: SingleFlight<Verified | Refused>
  readonly users: KnownUsers
}

export type WrongKey = 'key-unknown' | 'key-secret-wrong'

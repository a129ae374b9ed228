import type { Refused, Verified } from './authentication.ts'
import type { KnownUsers } from './known-users.ts'
import type { SingleFlight } from './single-flight.ts'
import type { VerifiedCache } from './verified-cache.ts'

export interface CredentialCaches {
  /** Verified credentials by their hash; `null`: nothing is cached. */
  readonly verified: VerifiedCache<Verified> | null
  /**
   * Refused API keys by the hash of the whole key: those with an unknown id and those with a wrong secret.
   * Both are cached, so that the time of a repeated request does not distinguish them. `null`: not cached.
   */
  readonly wrongKeys: VerifiedCache<WrongKey> | null
  /** The lookups under way. */
  readonly flights: SingleFlight<Verified | Refused>
  readonly users: KnownUsers
}

export type WrongKey = 'key-unknown' | 'key-secret-wrong'

import type { Refused, Verified } from './authentication.ts'
import type { ChangeSubscribers } from './change-subscribers.ts'
import type { ChangeListener } from './changes.ts'
import { credentialDefaults } from './defaults.ts'
import type { CredentialDirectory } from './directory.ts'
import { KnownUsers } from './known-users.ts'
import type { Clock } from './lease.ts'
import { SingleFlight } from './single-flight.ts'
import { VerifiedCache } from './verified-cache.ts'

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

export interface CredentialCachesOptions {
  readonly directory?: Pick<CredentialDirectory, 'watch'>
  readonly jwtOutageSeconds?: number
  readonly maxStalenessMs: number
  readonly clock: Clock
}

export function createCaches({
  directory,
  jwtOutageSeconds = credentialDefaults.jwtOutageSeconds,
  maxStalenessMs: maxStaleness,
  clock,
}: CredentialCachesOptions): CredentialCaches {
  const watched = directory?.watch !== undefined && maxStaleness > 0
  return {
    verified: watched ? new VerifiedCache({ clock, maxStaleness }) : null,
    // Few entries: an attacker tries another key each time, and only a misconfigured client repeats one.
    wrongKeys: watched ? new VerifiedCache({ clock, maxStaleness, maxEntries: 5_000 }) : null,
    // A caller that joins a lookup gets a result that may be as old as the start of that lookup.
    flights: new SingleFlight(clock, maxStaleness / 2),
    users: new KnownUsers({ clock, maxAge: jwtOutageSeconds * 1000 }),
  }
}

/** Returns a listener that invalidates all caches, and then calls the subscribers. */
export function invalidating(
  { verified, wrongKeys, flights, users }: CredentialCaches,
  subscribers: ChangeSubscribers,
): ChangeListener {
  return {
    changed(change) {
      flights.forgetAll()
      verified?.changed(change)
      wrongKeys?.changed(change)
      users.changed(change)
      subscribers.changed(change)
    },
    heartbeat(sent) {
      verified?.heartbeat(sent)
      wrongKeys?.heartbeat(sent)
      // The fence of `verified` detects changes during a lookup; without it the users are not complete.
      if (verified !== null) users.heartbeat(sent)
    },
    restarted() {
      flights.forgetAll()
      verified?.restarted()
      wrongKeys?.restarted()
      users.restarted()
    },
    lost() {
      flights.forgetAll()
      verified?.lost()
      wrongKeys?.lost()
      users.lost()
    },
  }
}

import { deadSecretRetentionDays } from './rules.ts'
import type { KeyStore } from './store.ts'

const day = 24 * 60 * 60 * 1000

/**
 * Erases the hashes of secrets that no longer work: those of previous secrets as soon as their grace period
 * ends, those of revoked and expired keys after {@link deadSecretRetentionDays} days. Until then the holder of
 * the secret gets the reason (revoked or expired); after that, the same answer as for an unknown key. The
 * rows of the keys stay, for their owner and the audit trail.
 *
 * @param now milliseconds since the epoch
 * @returns the number of keys; 0 also while another node erases them
 */
export async function sweepDeadSecrets(
  store: Pick<KeyStore, 'eraseDeadSecrets'>,
  now: number,
): Promise<number> {
  const limits = { grace: new Date(now), death: new Date(now - deadSecretRetentionDays * day) }
  let total = 0
  for (;;) {
    const erased = await store.eraseDeadSecrets(limits)
    if (erased === 0) return total
    total += erased
  }
}

/** Prepares the keys for the findings about their health that were created before there were findings. */
export async function fillHealth(store: Pick<KeyStore, 'fillHealth'>): Promise<void> {
  let last: string | null = ''
  while (last !== null) last = await store.fillHealth(last)
}

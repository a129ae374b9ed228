import { deadSecretRetentionDays } from './rules.ts'
import type { KeyStore } from './store.ts'

const day = 24 * 60 * 60 * 1000

/**
 * Erases the hashes of secrets that are dead: of before a rotation as soon as its grace period is
 * over, of revoked and expired keys {@link deadSecretRetentionDays} days later. Until then one who has the
 * secret is told that it was revoked or has expired; from then on that it is not valid. The keys
 * themselves stay, for their owner and the audit trail.
 *
 * @param now milliseconds since the epoch
 * @returns of how many keys; 0 also while another node does it
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

import type { Actor } from '../audit/actor.ts'
import { ConflictError } from '../errors.ts'
import type { IssuedKey, RotateKeyInput } from './inputs.ts'
import type { KeyMaker } from './maker.ts'
import { gracePeriod } from './rules.ts'
import type { KeyStore } from './store.ts'

export interface RotateOptions {
  readonly store: Pick<KeyStore, 'rotate'>
  readonly maker: KeyMaker
  readonly now: () => Date
}

/**
 * Gives a key a new secret. The previous one works until the grace period ends.
 *
 * @param heldScopes the scopes that the receiver of the secret may have; `null`: any
 * @throws BadUserInputError, ConflictError
 */
export async function rotateKey(
  { store, maker, now }: RotateOptions,
  { id, gracePeriodSeconds, force }: RotateKeyInput,
  by: Actor,
  heldScopes: readonly string[] | null,
): Promise<IssuedKey> {
  const grace = gracePeriod(gracePeriodSeconds)
  const at = now()
  const { key: secret, secretHash, secretPepper } = maker.newSecret(id)
  const rotation = {
    secretHash,
    secretPepper,
    now: at,
    previousExpiresAt: new Date(at.getTime() + grace),
    force: force ?? false,
    heldScopes,
  }
  const outcome = await store.rotate(id, rotation, by)
  if (outcome === null) {
    throw new ConflictError('The API key has expired or was revoked. Create a new one.')
  }
  if ('widened' in outcome) {
    throw new ConflictError('Scopes were added to the API key at the same time. Try again.')
  }
  if ('until' in outcome) {
    throw new ConflictError(
      `The grace period of the last rotation has not ended: the previous secret works until ${outcome.until.toISOString()}. ` +
        'Wait until then, or rotate with `force`, which ends the grace period at once.',
    )
  }
  return { apiKey: outcome, secret }
}

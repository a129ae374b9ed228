import { InvalidCredentialError, InvalidRequestError, type LatchkeyError } from '../errors.ts'
import type { JwtRefusal } from './jwt.ts'

/** The reason of a refusal, for the log and the audit trail. It is never shown to the caller. */
export type RefusalReason =
  | 'ambiguous'
  | 'unrecognised'
  | 'key-malformed'
  | 'key-unknown'
  | 'key-secret-wrong'
  | 'key-revoked'
  | 'key-expired'
  | 'owner-suspended'
  | 'owner-deleted'
  | 'owner-signed-out'
  | 'session-ended'
  | 'owner-of-untrusted-issuer'
  | `jwt-${JwtRefusal}`

/** Each error is created once: capturing its stack would take longer than the rest of a refusal. */
const errors = {
  ambiguous: new InvalidRequestError(
    'Send exactly one credential: the request has more than one, or one header twice.',
  ),
  revoked: new InvalidCredentialError('The API key was revoked.'),
  expired: new InvalidCredentialError('The API key has expired.'),
  invalid: new InvalidCredentialError(),
}

/**
 * Returns the error that is shown to the caller. Only a caller with the right secret of a key learns that it
 * has expired or was revoked. All other refusals get the same error, so that they reveal nothing.
 *
 * @returns the same object for each call with the same reason
 */
export function refusalError(reason: RefusalReason): LatchkeyError {
  switch (reason) {
    case 'ambiguous':
      return errors.ambiguous
    case 'key-revoked':
      return errors.revoked
    case 'key-expired':
      return errors.expired
    default:
      return errors.invalid
  }
}

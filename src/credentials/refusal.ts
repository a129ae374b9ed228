import { InvalidCredentialError, InvalidRequestError, type LatchkeyError } from '../errors.ts'
import type { JwtRefusal } from './jwt.ts'

/** Why a credential was refused: for the log and the audit trail, never for its sender. */
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
  | 'owner-of-untrusted-issuer'
  | `jwt-${JwtRefusal}`

/** Made once: an error looks at the stack, which takes longer than everything else about a refusal. */
const errors = {
  ambiguous: new InvalidRequestError(
    'Send exactly one credential: more than one was found, or one header came twice.',
  ),
  revoked: new InvalidCredentialError('The API key was revoked.'),
  expired: new InvalidCredentialError('The API key has expired.'),
  invalid: new InvalidCredentialError(),
}

/**
 * What the sender is told. Only one who proved possession of a key's secret learns that it expired or
 * was revoked; everyone else gets one answer, so that nothing can be found out by trying.
 *
 * @returns the same error each time
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

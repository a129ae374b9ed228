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

/**
 * What the sender is told. Only one who proved possession of a key's secret learns that it expired or
 * was revoked; everyone else gets one answer, so that nothing can be found out by trying.
 */
export function refusalError(reason: RefusalReason): LatchkeyError {
  switch (reason) {
    case 'ambiguous':
      return new InvalidRequestError(
        'Send exactly one credential: more than one was found, or one header came twice.',
      )
    case 'key-revoked':
      return new InvalidCredentialError('The API key was revoked.')
    case 'key-expired':
      return new InvalidCredentialError('The API key has expired.')
    default:
      return new InvalidCredentialError()
  }
}

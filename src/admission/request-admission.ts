import type { Authentication } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { LatchkeyError } from '../errors.ts'
import type { Principal } from '../principal.ts'

/** The error of a refused request; `null`: the request is admitted. */
export type Admitted = LatchkeyError | null

/** The state of admission for one request. */
export class RequestAdmission {
  /** The last outcome; `null`: `admit` was not called. */
  authentication: Authentication | null = null
  /** The error of the refusal; `null`: the request is not refused. */
  refusal: LatchkeyError | null = null
  /** The id of the user that the request was first admitted for; `null`: it was always anonymous or refused. */
  userId: string | null = null
  carrier: CredentialCarrier | null = null
  /** The `sender` that was passed to `admit`. */
  sender: unknown = null
  /** The context of the operation that was executed first for the request; `null`: none was. */
  executed: object | null = null
  /** The time of the last check of the credential, by `performance.now()`. */
  at = 0
  /**
   * The current repeated admission with its stages: all operations of a batch wait for the same one. If it
   * throws, it stays here, so that all of them fail.
   */
  readmission: Promise<Admitted> | null = null

  /** `null` if the request is anonymous or refused, or `admit` was not called. */
  get principal(): Principal | null {
    const { authentication } = this
    return authentication?.kind === 'authenticated' ? authentication.principal : null
  }
}

import type { SessionTokens } from '../sessions/session.ts'
import type { SignInConfiguration } from '../web/page-configuration.ts'

/** The sender of a request to the page. */
export interface Visitor {
  readonly requestId: string
  /** Returns the address of the client; `null`: unknown. */
  clientAddress(): string | null
  /** Address of the peer, which may be a proxy; `null` if unknown. */
  readonly peerAddress: string | null
}

/** One way to sign in. */
export interface SignIn {
  readonly configuration: SignInConfiguration
  /** Answers the links to the sign-in with a redirect to the issuer. Default: the page itself is shown. */
  begin?(request: Request): Promise<Response>
  /** Answers the redirect from the issuer. */
  finish?(request: Request, visitor: Visitor): Promise<Response>
  /**
   * Signs in by a request of the page itself. The answer describes the session and sets its cookie.
   *
   * @throws BadUserInputError
   */
  accept?(body: Record<string, unknown>, request: Request, visitor: Visitor): Promise<Response>
  /**
   * Called after a session has ended.
   *
   * @param tokens those of the session; `null`: there was none
   */
  signOut(tokens: SessionTokens | null): Promise<SignedOut>
  /** Ends the refresh token of a session that was ended from another one. Default: there is none. */
  revoke?(tokens: SessionTokens): Promise<void>
  /** Answers the navigation to `<path>/sign-out`, from where the browser goes to the issuer. */
  leave?(request: Request): Promise<Response>
}

export interface SignedOut {
  /** The place to which the browser goes; `null`: it stays. */
  readonly location: string | null
  /** A further value of `Set-Cookie`. Default: none. */
  readonly cookie?: string
}

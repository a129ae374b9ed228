import type { SessionTokens } from '../sessions/session.ts'

/** The sender of a request to the page. */
export interface Visitor {
  readonly requestId: string
  /** Returns the address of the client; `null`: unknown. */
  clientAddress(): string | null
  /** Address of the peer, which may be a proxy; `null` if unknown. */
  readonly peerAddress: string | null
}

/** A variable to set before people can sign in. */
export interface MissingSetting {
  readonly name: string
  readonly meaning: string
}

/** The way to sign in, as the scripts of the page need to know it. */
export type SignInConfiguration =
  | { readonly kind: 'oidc' }
  | { readonly kind: 'development'; readonly subjects: readonly string[] }
  | { readonly kind: 'application'; readonly url: string; readonly signOutUrl: string | null }
  | { readonly kind: 'missing'; readonly variables: readonly MissingSetting[] }

/** One way to sign in. */
export interface SignIn {
  readonly configuration: SignInConfiguration
  /** Answers the links to the sign-in with a redirect to the issuer. Default: the page itself is shown. */
  begin?(request: Request): Promise<Response>
  /** Answers the redirect from the issuer. */
  finish?(request: Request, visitor: Visitor): Promise<Response>
  /**
   * Signs in by a request of the page itself. Returns the value of `Set-Cookie` and the principal's session.
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
  /** Answers the navigation to `<path>/sign-out`, from where the browser goes to the issuer. */
  leave?(request: Request): Promise<Response>
}

export interface SignedOut {
  /** The place to which the browser goes; `null`: it stays. */
  readonly location: string | null
  /** A further value of `Set-Cookie`. Default: none. */
  readonly cookie?: string
}

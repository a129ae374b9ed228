import type { SessionTokens } from '../sessions/session.ts'

/** The sender of a request to the page. */
export interface Visitor {
  readonly requestId: string
  /** Returns the address of the client; `null`: unknown. */
  clientAddress(): string | null
  /** Address of the peer, which may be a proxy; `null` if unknown. */
  readonly peerAddress: string | null
}

/** A variable to set before people can sign in. The page says what it means. */
export type MissingVariable =
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'PUBLIC_URL'
  | 'SESSION_KEYS'

/** The way to sign in, as the scripts of the page need to know it. */
export type SignInConfiguration =
  | { readonly kind: 'oidc' }
  | { readonly kind: 'development'; readonly subjects: readonly string[] }
  | { readonly kind: 'application'; readonly url: string; readonly signOutUrl: string | null }
  | { readonly kind: 'missing'; readonly variables: readonly MissingVariable[] }

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
  /** Answers the navigation to `<path>/sign-out`, from where the browser goes to the issuer. */
  leave?(request: Request): Promise<Response>
}

export interface SignedOut {
  /** The place to which the browser goes; `null`: it stays. */
  readonly location: string | null
  /** A further value of `Set-Cookie`. Default: none. */
  readonly cookie?: string
}

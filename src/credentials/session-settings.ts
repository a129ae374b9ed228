import { isVisibleAscii } from '../visible-ascii.ts'
import { isDevelopmentIssuer } from './development-issuer-path.ts'
import type { CredentialCarrier } from './presented-credential.ts'

/** The sign-in of the application as a credential, such as the session behind its cookie. */
export interface SessionSettings {
  /** Identifies the users together with their subjects: 1 to 2048 visible ASCII characters, such as a URL. */
  readonly issuer: string
  /**
   * Identifies the person of a request from what its headers carry, such as a cookie; `null`: nobody is signed
   * in. It is called only for requests without an API key and without a JWT of a configured issuer, that come
   * from the application's own pages (see `origins`), and for each such request: nothing is cached.
   *
   * If it throws, takes too long or returns anything else, the request is refused with 503.
   */
  readonly identify: (
    carrier: CredentialCarrier,
  ) => SessionIdentity | null | Promise<SessionIdentity | null>
  /**
   * Origins of pages that may use a session, beside those of the request's own host, exactly as a browser sends
   * them, such as `https://app.example.com`. Default: none.
   *
   * A session counts only for a POST of `application/json` from such a page, and for a WebSocket upgrade with
   * such an `Origin`. So no other page can use the cookie that a browser sends along.
   */
  readonly origins?: readonly string[] | undefined
  /**
   * Whether `issuer` may also be the issuer of JWTs. Then a session and a JWT of the same subject are the same
   * user. Default: false.
   */
  readonly sharesUsers?: boolean | undefined
  /** The longest time that `identify` may take, in milliseconds: 1 to 60000. Default 5000. */
  readonly timeoutMs?: number | undefined
  /** The scopes that exist. An answer with another one is refused. Default: any scope name. */
  readonly knownScopes?: { has(scope: string): boolean } | undefined
  /** Called when `identify` throws, takes too long or returns an invalid answer. Default: `console.error`. */
  readonly onError?: ((error: Error) => void) | undefined
  /**
   * Called when a request has a cookie and no session counts for it, and when a person has no scopes because
   * nothing names them, once for each reason, with a message for the developer. Default: nothing.
   */
  readonly onIgnored?: ((message: string) => void) | undefined
}

/** A signed-in person. */
export interface SessionIdentity {
  /** Identifies the user at `issuer`: 1 to 255 visible characters, with spaces only between them. */
  readonly subject: string
  /**
   * The scopes of the session, which the user's grant limits. Default: the scopes that the grant of this
   * instance lists (`User.scopes`), none if it is `null`.
   */
  readonly scopes?: readonly string[] | null | undefined
  /** The name and the e-mail address of a user that is seen for the first time. Default: none. */
  readonly name?: string | null | undefined
  readonly email?: string | null | undefined
}

export interface ResolvedSession {
  readonly issuer: string
  readonly identify: SessionSettings['identify']
  readonly origins: ReadonlySet<string>
  readonly timeoutMs: number
  readonly knownScopes: { has(scope: string): boolean } | null
  readonly onError: (error: Error) => void
  readonly onIgnored: (message: string) => void
}

const defaultTimeoutMs = 5_000
const members: ReadonlySet<string> = new Set([
  'issuer',
  'identify',
  'origins',
  'sharesUsers',
  'timeoutMs',
  'knownScopes',
  'onError',
  'onIgnored',
])

/**
 * Checks the settings and applies the defaults.
 *
 * @param jwtIssuers every name of the issuers of JWTs
 * @param aliases the names among them that no user is stored under
 * @throws Error with all faults of the settings
 */
export function resolveSession(
  settings: SessionSettings,
  jwtIssuers: ReadonlySet<string>,
  aliases: ReadonlySet<string> = new Set(),
): ResolvedSession {
  const faults = sessionFaults(settings, jwtIssuers, aliases)
  if (faults.length > 0) throw new Error(`session: ${faults.join('; ')}`)
  const { issuer, identify, origins = [], timeoutMs = defaultTimeoutMs } = settings
  return {
    issuer,
    identify,
    origins: new Set(origins),
    timeoutMs,
    knownScopes: settings.knownScopes ?? null,
    onError: settings.onError ?? ((error) => console.error(error)),
    onIgnored: settings.onIgnored ?? (() => {}),
  }
}

function sessionFaults(
  settings: SessionSettings,
  jwtIssuers: ReadonlySet<string>,
  aliases: ReadonlySet<string>,
): string[] {
  if (typeof settings !== 'object' || settings === null) {
    return ['must be an object with `issuer` and `identify`']
  }
  const { issuer, identify, origins = [], sharesUsers = false } = settings
  const { timeoutMs = defaultTimeoutMs } = settings
  const faults = Object.keys(settings)
    .filter((member) => !members.has(member))
    .map((member) => `${member}: this setting does not exist`)
  if (typeof issuer !== 'string' || !isVisibleAscii(issuer, 2048)) {
    faults.push('issuer: must be 1 to 2048 visible ASCII characters')
  } else if (isDevelopmentIssuer(issuer) || /^urn:latchkey:/i.test(issuer)) {
    faults.push('issuer: must not be a development issuer or begin with `urn:latchkey:`')
  } else if (aliases.has(issuer)) {
    faults.push('issuer: is an alias of an issuer of JWTs. Set it to the `issuer` of that issuer')
  } else if (jwtIssuers.has(issuer) && sharesUsers !== true) {
    faults.push(
      'issuer: is also an issuer of JWTs. Choose another one, or set `sharesUsers: true` if the same subject is the same user',
    )
  }
  if (typeof identify !== 'function') faults.push('identify: must be a function')
  if (typeof sharesUsers !== 'boolean') faults.push('sharesUsers: must be true or false')
  if (!Array.isArray(origins)) faults.push('origins: must be an array')
  else {
    const wrong = origins.filter((origin) => !isOrigin(origin))
    if (wrong.length > 0) {
      faults.push(
        `origins: ${wrong.map((origin) => JSON.stringify(origin)).join(', ')} must be as a browser sends it, such as \`https://app.example.com\``,
      )
    }
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 60_000) {
    faults.push('timeoutMs: must be a whole number from 1 to 60000')
  }
  return faults
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, origin } = new URL(value)
  return origin === value && (protocol === 'https:' || protocol === 'http:')
}

import { ServiceUnavailableError } from '../errors.ts'
import { isObject, parseJson } from '../json.ts'
import { maxTokenLength } from '../jwks/token-length.ts'
import { isScopeName, sorted } from '../scopes.ts'
import { optionalText } from '../text-rules.ts'
import { isSubject } from '../users/identity.ts'
import { optionalEmail, userNameRule } from '../users/rules.ts'
import { type Authenticated, type Refused, refuse } from './authentication.ts'
import type { CredentialDirectory } from './directory.ts'
import { type NotOwnPage, notFromOwnPage } from './own-pages.ts'
import type { CredentialCarrier } from './presented-credential.ts'
import { principalOfSession } from './principals.ts'
import { ownerRefusal } from './refusal-rules.ts'
import type { ResolvedSession } from './session-settings.ts'

export interface SessionVerifierParts {
  readonly session: ResolvedSession
  /** Every name of the issuers of JWTs. */
  readonly jwtIssuers: ReadonlySet<string>
  readonly directory: CredentialDirectory
  /** Whether users of this issuer are accepted. */
  readonly trustsIssuer: (issuer: string) => boolean
  /** Identifies the authenticator in the principals that it makes. */
  readonly maker: symbol
}

/** Finds the person of a request that has no API key and no JWT. */
export interface SessionVerifier {
  /** Whether a session may count for the request. Otherwise it is not looked for. */
  counts(carrier: CredentialCarrier): boolean
  /**
   * Whether a token with three parts may be one of the application: it does not name a configured issuer of
   * JWTs.
   */
  mayHaveIssued(token: string): boolean
  /** @returns `null` if nobody is signed in */
  verify(carrier: CredentialCarrier): Promise<Authenticated | Refused | null>
}

/** A valid answer of `identify`. */
export interface VerifiedSession {
  readonly issuer: string
  readonly subject: string
  /** Sorted; `null`: the grant of the user decides. */
  readonly scopes: readonly string[] | null
  readonly name: string | null
  readonly email: string | null
}

export function createSessionVerifier(parts: SessionVerifierParts): SessionVerifier {
  const { session, jwtIssuers, directory, trustsIssuer, maker } = parts

  async function identify(carrier: CredentialCarrier): Promise<VerifiedSession | null> {
    try {
      return checkedAnswer(await askInTime(session, carrier), session)
    } catch (cause) {
      session.onError(new Error('`identify` of the session failed.', { cause }))
      throw new ServiceUnavailableError({ cause, reason: 'session' })
    }
  }

  /** Once for each reason, because any page can cause such requests. */
  const reported = new Set<NotOwnPage | 'no-scopes'>()
  function report(reason: NotOwnPage | 'no-scopes', message: string): void {
    if (reported.has(reason)) return
    reported.add(reason)
    session.onIgnored(`${message} This message is written once.`)
  }

  return {
    mayHaveIssued: (token) => !jwtIssuers.has(statedIssuer(token) ?? ''),
    counts(carrier) {
      const reason = notFromOwnPage(carrier, session.origins)
      if (reason !== null && carrier.header('cookie') !== null) {
        report(reason, `${ignoredBecause[reason]} ${rule}`)
      }
      return reason === null
    },

    async verify(carrier) {
      try {
        const found = await identify(carrier)
        if (found === null) return null
        const { issuer, subject, name, email } = found
        const sighting = { issuer, subject, grant: null, kind: 'SESSION', name, email } as const
        const owner = await directory.admitUser(sighting)
        if (owner === null) return refuse('owner-deleted')
        const reason = ownerRefusal(owner, trustsIssuer)
        if (reason !== null) return refuse(reason)
        if (found.scopes === null && owner.scopes === null) report('no-scopes', withoutScopes)
        return { kind: 'authenticated', principal: principalOfSession(found, owner, maker) }
      } catch (error) {
        if (!(error instanceof ServiceUnavailableError)) throw error
        return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
      }
    },
  }
}

const ignoredBecause = {
  method: 'The cookie of a request was ignored, because its method is not POST.',
  'content-type':
    'The cookie of a request was ignored, because its Content-Type is not application/json.',
  origin:
    'The cookie of a request was ignored, because it does not come from a page of the application: it needs `Sec-Fetch-Site: same-origin`, or an `Origin` of the same host or in `session.origins`.',
} as const
const rule = 'A session counts only for a POST of application/json from such a page.'
const withoutScopes =
  'A person who is signed in has no scopes, because `identify` returned no `scopes` and the grant of the user is null. Return `scopes`, set `defaultUserScopes` for new users, or set the grant.'

/** Returns the `iss` of a token without verifying it; `null` if it cannot be read. */
function statedIssuer(token: string): string | null {
  if (token.length > maxTokenLength) return null
  const [, payload = ''] = token.split('.', 2)
  const claims = parseJson(Buffer.from(payload, 'base64url').toString())
  return isObject(claims) && typeof claims.iss === 'string' ? claims.iss : null
}

async function askInTime(
  { identify, timeoutMs }: ResolvedSession,
  carrier: CredentialCarrier,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    const late = () => reject(new Error(`\`identify\` took longer than ${timeoutMs} ms.`))
    timer = setTimeout(late, timeoutMs)
  })
  try {
    return await Promise.race([identify(carrier), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** @throws TypeError that names the member, without its value */
function checkedAnswer(answer: unknown, session: ResolvedSession): VerifiedSession | null {
  if (answer === null) return null
  if (typeof answer !== 'object') throw new TypeError('The answer must be an object or null.')
  const { subject, scopes, name, email } = answer as Readonly<Record<string, unknown>>
  if (typeof subject === 'number' || typeof subject === 'bigint') {
    throw new TypeError('`subject` is a number. Return it as a text, such as `String(user.id)`.')
  }
  if (typeof subject !== 'string' || !isSubject(subject)) {
    throw new TypeError('`subject` must be a text of 1 to 255 visible characters.')
  }
  return {
    issuer: session.issuer,
    subject,
    scopes: scopes == null ? null : checkedScopes(scopes, session),
    name: profileText('name', name, (text) => optionalText('name', text, userNameRule)),
    email: profileText('email', email, (text) => optionalEmail('email', text)),
  }
}

function checkedScopes(scopes: unknown, { knownScopes }: ResolvedSession): readonly string[] {
  const isKnown = (scope: unknown) =>
    typeof scope === 'string' && isScopeName(scope) && (knownScopes?.has(scope) ?? true)
  if (!Array.isArray(scopes)) throw new TypeError('`scopes` must be an array.')
  const unknown = scopes.findIndex((scope) => !isKnown(scope))
  if (unknown >= 0) {
    throw new TypeError(
      `\`scopes\` has ${shown(scopes[unknown])}, which is not a scope that exists.`,
    )
  }
  return sorted(scopes)
}

/** The name of a scope is not a secret, but the value may be anything. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : `a ${typeof value}`
}

/** A text that breaks the rules for display is left out: it must not keep its owner from signing in. */
function profileText(
  field: string,
  value: unknown,
  checked: (text: string) => string | null,
): string | null {
  if (value == null) return null
  if (typeof value !== 'string') throw new TypeError(`\`${field}\` must be a text.`)
  try {
    return checked(value)
  } catch {
    return null
  }
}

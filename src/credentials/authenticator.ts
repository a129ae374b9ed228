import { hash } from 'node:crypto'
import type { HelpUrl } from '../help-url.ts'
import type { Principal } from '../principal.ts'
import { type Anonymous, type Authentication, refuse } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { createCredentialLookups } from './credential-lookups.ts'
import { importedParts } from './imported-key.ts'
import { parseKey } from './key-form.ts'
import {
  type CredentialCarrier,
  type CredentialSources,
  type PresentedCredential,
  readCredential,
} from './presented-credential.ts'
import type { UseRecorder } from './use-recorder.ts'
import { createKeyVerifier, type KeyVerifierParts } from './verify-key.ts'
import type { SessionVerifier } from './verify-session.ts'
import { createTokenVerifier, type TokenVerifierParts } from './verify-token.ts'

export type { Authentication, Refusal } from './authentication.ts'

/** Authenticates the credential of a request. */
export interface Authenticator {
  /** Returns without a promise if the credential is cached, malformed or missing. */
  authenticate(carrier: CredentialCarrier): Authentication | Promise<Authentication>
  /**
   * Authenticates a request again while its response is still under way, such as that of a subscription.
   * This does not count as another use of the credential. Default: `authenticate`.
   */
  recheck?(carrier: CredentialCarrier): Authentication | Promise<Authentication>
  /**
   * Records the scopes that an operation of the principal needed, to find the unused scopes of its API key.
   * It does no I/O, and nothing for a JWT.
   *
   * @param scopes must not be changed afterwards
   */
  recordScopes?(principal: Principal, scopes: readonly string[]): void
  /**
   * Calls `listener` after the key or the user of a principal has changed, unless so much changed at once that the
   * changes are not reported one by one. Returns a function that ends this. Default: nothing is reported.
   */
  onChange?(principal: Principal, listener: () => void): () => void
  /**
   * Returns the URL of a page on which the caller can get the scopes that it lacks, for `extensions.help` of the
   * error of a denied operation; `null`: there is no such page. Default: none.
   */
  readonly helpUrl?: HelpUrl
  /**
   * The interval in milliseconds at which the credential of a long response, such as that of a subscription,
   * has to be authenticated again, so that changes take effect in time. Default 1000.
   */
  readonly recheckMs?: number
  /**
   * The interval in milliseconds for the application's own sign-in, whose result is never cached. Default:
   * `recheckMs`.
   */
  readonly sessionRecheckMs?: number
}

export interface AuthenticatorParts extends KeyVerifierParts, TokenVerifierParts {
  readonly sources: CredentialSources
  /** `null`: the application's own sign-in does not count. */
  readonly session: SessionVerifier | null
  readonly uses: UseRecorder | null
  /** Whether the address and the user agent of the client are recorded with each use of a key. */
  readonly recordsClients: boolean
  readonly caches: CredentialCaches
}

type PresentedKey = Extract<PresentedCredential, { readonly kind: 'api-key' }>

const anonymous: Anonymous = { kind: 'anonymous' }

export function assembleAuthenticator(
  parts: AuthenticatorParts,
): Required<Omit<Authenticator, 'onChange' | 'recheckMs' | 'sessionRecheckMs' | 'helpUrl'>> {
  const { sources, session, directory, uses, caches } = parts
  const { wrongKeys } = caches
  const verifyKey = createKeyVerifier(parts)
  const verifyJwt = createTokenVerifier(parts)
  const lookups = createCredentialLookups(parts)
  const { getCached, lookUp } = lookups

  /** @param otherwise the result if nobody is signed in, or a session does not count for the request */
  function findSession(carrier: CredentialCarrier, otherwise: Authentication) {
    if (session === null || !session.counts(carrier)) return otherwise
    return session.verify(carrier).then((found) => found ?? otherwise)
  }

  function partsOf({ text, isImported }: PresentedKey) {
    return isImported === true ? importedParts(text) : parseKey(text, sources.keyPrefix)
  }

  function authenticate(carrier: CredentialCarrier, isRecheck: boolean) {
    const presented = readCredential(carrier, sources)
    const use = isRecheck ? null : carrier
    switch (presented.kind) {
      case 'none':
        // Only a request that had a session before is checked again without another credential.
        return session !== null && isRecheck
          ? findSession(carrier, refuse('session-ended'))
          : findSession(carrier, anonymous)
      case 'api-key': {
        const cacheKey = cacheKeyOf(presented.text)
        const known = getCached(cacheKey, use)
        if (known !== null) return known
        // The form is checked after the cache, which contains well-formed keys only.
        const key = directory === null ? null : partsOf(presented)
        if (key === null) return refuse('key-malformed')
        const wrong = wrongKeys?.get(cacheKey)
        if (wrong !== undefined) return refuse(wrong, key.id)
        return lookUp(cacheKey, use, () => verifyKey(cacheKey, key))
      }
      case 'jwt': {
        const cacheKey = cacheKeyOf(presented.token)
        const { token } = presented
        const known = getCached(cacheKey, use)
        if (known !== null) return known
        const found = lookUp(cacheKey, use, () => verifyJwt(token))
        if (session === null) return found
        return found.then((outcome) =>
          outcome.kind === 'refused' && session.mayHaveIssued(token)
            ? findSession(carrier, outcome)
            : outcome,
        )
      }
      case 'unrecognised': {
        const refused = refuse('unrecognised')
        return presented.isBearer === true ? findSession(carrier, refused) : refused
      }
      case 'ambiguous':
        return refuse('ambiguous')
    }
  }

  return {
    authenticate: (carrier) => authenticate(carrier, false),
    recheck: (carrier) => authenticate(carrier, true),

    recordScopes({ credential }, scopes) {
      if (uses === null || scopes.length === 0) return
      if (credential.kind !== 'API_KEY' || credential.id === null) return
      // The operation follows the authentication, so the time of the last use is close enough.
      uses.recordScopes(credential.id, scopes, lookups.lastUse)
    },
  }
}

/** API keys and JWTs share the cache, since no text is both. */
function cacheKeyOf(text: string): string {
  return hash('sha256', text, 'binary')
}

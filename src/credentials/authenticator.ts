import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'
import { type Anonymous, type Authentication, refuse } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import { createCredentialLookups } from './credential-lookups.ts'
import { parseKey } from './key-form.ts'
import {
  type CredentialCarrier,
  type CredentialSources,
  readCredential,
} from './presented-credential.ts'
import type { UseRecorder } from './use-recorder.ts'
import { createKeyVerifier, type KeyVerifierParts } from './verify-key.ts'
import { createTokenVerifier, type TokenVerifierParts } from './verify-token.ts'

export type { Authentication, Refusal } from './authentication.ts'

/** Turns what a request carries into who is asking. */
export interface Authenticator {
  /** Answers at once where the credential is in the cache, malformed or missing. */
  authenticate(carrier: CredentialCarrier): Authentication | Promise<Authentication>
  /**
   * The same for a request that was authenticated before and is still being answered: it is no further
   * use of the credential. Default: `authenticate`.
   */
  recheck?(carrier: CredentialCarrier): Authentication | Promise<Authentication>
  /**
   * Told which scopes of a principal something that it did really needed, so that its key can be
   * shown what it could do without. Costs no I/O; nothing happens for a JWT.
   *
   * @param scopes which must not change afterwards
   */
  recordScopes?(principal: Principal, scopes: readonly string[]): void
  /**
   * At which interval the credential behind a long answer, such as a subscription's, has to be checked
   * again for changes to be honoured in time. Milliseconds. Default 1000.
   */
  readonly recheckMs?: number
}

export interface AuthenticatorParts extends KeyVerifierParts, TokenVerifierParts {
  readonly sources: CredentialSources
  readonly uses: UseRecorder | null
  readonly caches: CredentialCaches
}

const anonymous: Anonymous = { kind: 'anonymous' }

export function assembleAuthenticator(
  parts: AuthenticatorParts,
): Required<Omit<Authenticator, 'recheckMs'>> {
  const { sources, directory, uses, caches } = parts
  const { wrongKeys } = caches
  const verifyKey = createKeyVerifier(parts)
  const verifyJwt = createTokenVerifier(parts)
  const lookups = createCredentialLookups(parts)
  const { getCached, lookUp } = lookups

  function authenticate(carrier: CredentialCarrier, again: boolean) {
    const presented = readCredential(carrier, sources)
    switch (presented.kind) {
      case 'none':
        return anonymous
      case 'api-key': {
        const cacheKey = cacheKeyOf(presented.text)
        const known = getCached(cacheKey, again)
        if (known !== null) return known
        // Not before: only what has the right form is ever remembered.
        const key = directory === null ? null : parseKey(presented.text, sources.keyPrefix)
        if (key === null) return refuse('key-malformed')
        const wrong = wrongKeys?.get(cacheKey)
        if (wrong !== undefined) return refuse(wrong, key.id)
        return lookUp(cacheKey, again, () => verifyKey(cacheKey, key))
      }
      case 'jwt': {
        const cacheKey = cacheKeyOf(presented.token)
        const { token } = presented
        return getCached(cacheKey, again) ?? lookUp(cacheKey, again, () => verifyJwt(token))
      }
      case 'unrecognised':
      case 'ambiguous':
        return refuse(presented.kind)
    }
  }

  return {
    authenticate: (carrier) => authenticate(carrier, false),
    recheck: (carrier) => authenticate(carrier, true),

    recordScopes({ credential }, scopes) {
      if (uses === null || scopes.length === 0) return
      if (credential.kind !== 'API_KEY' || credential.id === null) return
      // What a key did is recorded right after it was accepted.
      uses.recordScopes(credential.id, scopes, lookups.lastUse)
    },
  }
}

/** No text is an API key and a JWT. */
function cacheKeyOf(text: string): string {
  return hash('sha256', text, 'binary')
}

import { hash } from 'node:crypto'
import { ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import {
  type Anonymous,
  type Authentication,
  type Refused,
  refuse,
  type Verified,
} from './authentication.ts'
import type { CredentialMemory } from './credential-memory.ts'
import { parseKey } from './key-form.ts'
import { stampOf } from './lease.ts'
import {
  type CredentialCarrier,
  type CredentialSources,
  readCredential,
} from './presented-credential.ts'
import type { UseRecorder } from './use-recorder.ts'
import { createKeyVerifier, type KeyVerifierParts } from './verify-key.ts'
import { createTokenVerifier, type TokenVerifierParts } from './verify-token.ts'

export type { Authenticated, Authentication, Refusal } from './authentication.ts'

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
  readonly memory: CredentialMemory
}

const anonymous: Anonymous = { kind: 'anonymous' }

export function assembleAuthenticator(
  parts: AuthenticatorParts,
): Required<Omit<Authenticator, 'recheckMs'>> {
  const { sources, directory, uses, memory, clock } = parts
  const { verified, wrongKeys, flights } = memory
  const verifyKey = createKeyVerifier(parts)
  const verifyJwt = createTokenVerifier(parts)

  /** When a key was accepted last, milliseconds since the epoch: what one did is recorded right after. */
  let lastUse = clock.wall()

  function accept(
    { keyId, previousSecret, authentication }: Verified,
    at: number,
    again: boolean,
  ): Authentication {
    if (keyId !== null && !again) {
      lastUse = at
      uses?.record({ keyId, at, previousSecret })
    }
    return authentication
  }

  function recall(cacheKey: string, again: boolean): Authentication | null {
    if (verified === null) return null
    const now = stampOf(clock)
    const known = verified.get(cacheKey, now)
    return known === undefined ? null : accept(known, now.wall, again)
  }

  /** One look-up however many ask at once with the same credential. */
  function look(
    cacheKey: string,
    again: boolean,
    start: () => Promise<Verified | Refused>,
  ): Promise<Authentication> {
    return flights
      .run(cacheKey, () => verify(verified, cacheKey, start))
      .then(
        (outcome) => ('authentication' in outcome ? accept(outcome, clock.wall(), again) : outcome),
        refuseUnavailable,
      )
  }

  function authenticate(carrier: CredentialCarrier, again: boolean) {
    const presented = readCredential(carrier, sources)
    switch (presented.kind) {
      case 'none':
        return anonymous
      case 'api-key': {
        const cacheKey = cacheKeyOf(presented.text)
        const known = recall(cacheKey, again)
        if (known !== null) return known
        // Not before: only what has the right form is ever remembered.
        const key = directory === null ? null : parseKey(presented.text, sources.keyPrefix)
        if (key === null) return refuse('key-malformed')
        const wrong = wrongKeys?.get(cacheKey)
        if (wrong !== undefined) return refuse(wrong, key.id)
        return look(cacheKey, again, () => verifyKey(cacheKey, key))
      }
      case 'jwt': {
        const cacheKey = cacheKeyOf(presented.token)
        const { token } = presented
        return recall(cacheKey, again) ?? look(cacheKey, again, () => verifyJwt(token))
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
      uses.recordScopes(credential.id, scopes, lastUse)
    },
  }
}

/** What is found good is remembered, unless something changed while it was looked up. */
async function verify(
  verified: CredentialMemory['verified'],
  cacheKey: string,
  look: () => Promise<Verified | Refused>,
): Promise<Verified | Refused> {
  const fence = verified?.fence() ?? 0
  const outcome = await look()
  if ('authentication' in outcome) {
    const { keyId, validUntil, authentication } = outcome
    const { userId } = authentication.principal
    verified?.put(cacheKey, outcome, { keyId, userId, validUntil }, fence)
  }
  return outcome
}

/** No text is an API key and a JWT. */
function cacheKeyOf(text: string): string {
  return hash('sha256', text, 'binary')
}

/** @throws `error` where it is no outage */
function refuseUnavailable(error: unknown): Refused {
  if (!(error instanceof ServiceUnavailableError)) throw error
  return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
}

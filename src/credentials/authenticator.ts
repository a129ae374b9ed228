import { hash } from 'node:crypto'
import { type LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { CredentialDirectory, Owner } from './directory.ts'
import type { JwtVerifier, VerifiedJwt } from './jwt.ts'
import { type KeyParts, parseKey } from './key-form.ts'
import type { KnownUsers } from './known-users.ts'
import { type Clock, stampOf } from './lease.ts'
import {
  type CredentialCarrier,
  type CredentialSources,
  readCredential,
} from './presented-credential.ts'
import { rememberToken, signedPartHash } from './presented-token.ts'
import { principalOfJwt, principalOfKey } from './principals.ts'
import { type RefusalReason, refusalError } from './refusal.ts'
import { keyRefusal, signOutRefusal } from './refusal-rules.ts'
import type { RehashQueue } from './rehash-queue.ts'
import type { SecretHasher } from './secret-hash.ts'
import type { SingleFlight } from './single-flight.ts'
import { matchSecret, rehashOf, requirePeppers } from './stored-secret.ts'
import type { UseRecorder } from './use-recorder.ts'
import type { VerifiedCache } from './verified-cache.ts'

export type Authentication = Anonymous | Authenticated | Refused

export interface Anonymous {
  readonly kind: 'anonymous'
}

export interface Authenticated {
  readonly kind: 'authenticated'
  readonly principal: Principal
}

export interface Refused {
  readonly kind: 'refused'
  readonly refusal: Refusal
}

export interface Refusal {
  /** For the log; never shown. */
  readonly reason: RefusalReason | 'unavailable'
  /** Public id of the key where its form was right. */
  readonly credentialId: string | null
  /** What the sender is told. */
  readonly error: LatchkeyError
}

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

/** A credential that was found good, and what the next use of it must not ask again. */
export interface Verified {
  readonly authentication: Authenticated
  /** `null` for a JWT. */
  readonly keyId: string | null
  readonly previousSecret: boolean
  /** Milliseconds since the epoch. */
  readonly validUntil: number
}

export interface AuthenticatorParts {
  readonly sources: CredentialSources
  readonly jwt: JwtVerifier | null
  /** `null`: no API keys, and JWTs stand for themselves without a row in `users`. */
  readonly directory: CredentialDirectory | null
  readonly hasher: SecretHasher
  /** Whether users of that issuer are known here: keys of others are refused. */
  readonly trustsIssuer: (issuer: string) => boolean
  readonly uses: UseRecorder | null
  /** `null`: secrets stay under the pepper that they are stored under. */
  readonly rehashes: RehashQueue | null
  readonly memory: CredentialMemory
  readonly clock: Clock
}

export interface CredentialMemory {
  /** Good credentials by their hash; `null`: each is looked up each time. */
  readonly verified: VerifiedCache<Verified> | null
  /**
   * API keys that were refused since there is none of that id, or for their secret: both, and by the
   * whole key, so that asking again tells no more than asking did.
   */
  readonly wrongKeys: VerifiedCache<WrongKey> | null
  readonly flights: SingleFlight<Verified | Refused>
  readonly users: KnownUsers
}

type WrongKey = 'key-unknown' | 'key-secret-wrong'

const anonymous: Anonymous = { kind: 'anonymous' }

export function assembleAuthenticator(
  parts: AuthenticatorParts,
): Required<Omit<Authenticator, 'recheckMs'>> {
  const { sources, jwt, directory, hasher, trustsIssuer, uses, rehashes, memory, clock } = parts
  const { verified, wrongKeys, flights, users } = memory

  async function verifyKey(
    cacheKey: string,
    { id, secret }: KeyParts,
  ): Promise<Verified | Refused> {
    const fence = wrongKeys?.fence() ?? 0
    const key = (await directory?.findKeyForVerification(id)) ?? null
    const now = clock.wall()
    const match = matchSecret(hasher, key, secret)
    const current = match.current !== null
    const graceEnds = key?.previousExpiresAt?.getTime() ?? 0
    if (key === null || !(current || (match.previous !== null && graceEnds > now))) {
      if (key !== null) requirePeppers(hasher, key, now)
      const reason: WrongKey = key === null ? 'key-unknown' : 'key-secret-wrong'
      wrongKeys?.put(cacheKey, reason, { keyId: id, userId: null, validUntil: now + 60_000 }, fence)
      return refuse(reason, id)
    }

    const reason = keyRefusal(key, now) ?? ownerRefusal(key.owner)
    if (reason !== null) return refuse(reason, id)
    const rehash = rehashes && rehashOf(hasher, key, secret, match)
    if (rehash) rehashes?.add(rehash)
    const expires = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
    return {
      authentication: { kind: 'authenticated', principal: principalOfKey(key) },
      keyId: id,
      previousSecret: !current,
      validUntil: current ? expires : Math.min(expires, graceEnds),
    }
  }

  async function verifyJwt(token: string): Promise<Verified | Refused> {
    if (jwt === null) return refuse('jwt-unknown-issuer')
    const verification = await jwt.verify(token, clock.wall())
    if (!verification.ok) return refuse(`jwt-${verification.reason}`)
    const found = verification.jwt
    const owner = directory === null ? null : await admitUser(directory, found)
    if (directory !== null && owner === null) return refuse('owner-deleted')
    const presented = { hash: signedPartHash(token), issuedAt: found.issuedAt }
    const reason = owner && (ownerRefusal(owner) ?? signOutRefusal(owner, presented))
    if (reason) return refuse(reason)
    const principal = principalOfJwt(found, owner)
    rememberToken(principal, presented)
    return {
      authentication: { kind: 'authenticated', principal },
      keyId: null,
      previousSecret: false,
      validUntil: found.expiresAt * 1000,
    }
  }

  /** Goes by what this node knows of the user where the database cannot be asked. */
  async function admitUser(asked: CredentialDirectory, found: VerifiedJwt): Promise<Owner | null> {
    const fence = verified?.fence() ?? 0
    const at = stampOf(clock)
    try {
      const owner = await asked.admitUser(found)
      const stale =
        owner !== null && verified?.changedSince({ keyId: null, userId: owner.userId }, fence)
      if (owner !== null && !stale) users.remember(owner, at)
      return owner
    } catch (error) {
      const known = error instanceof ServiceUnavailableError ? users.recall(found) : null
      if (known === null) throw error
      return known
    }
  }

  function ownerRefusal(owner: Owner): RefusalReason | null {
    if (!trustsIssuer(owner.issuer)) return 'owner-of-untrusted-issuer'
    return owner.suspended ? 'owner-suspended' : null
  }

  async function verify(
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
      .run(cacheKey, () => verify(cacheKey, start))
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

/** No text is an API key and a JWT. */
function cacheKeyOf(text: string): string {
  return hash('sha256', text, 'binary')
}

function refuse(reason: RefusalReason, credentialId: string | null = null): Refused {
  return { kind: 'refused', refusal: { reason, credentialId, error: refusalError(reason) } }
}

/** @throws `error` where it is no outage */
function refuseUnavailable(error: unknown): Refused {
  if (!(error instanceof ServiceUnavailableError)) throw error
  return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
}

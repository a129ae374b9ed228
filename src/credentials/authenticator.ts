import type { LatchkeyError } from '../errors.ts'
import { ServiceUnavailableError } from '../errors.ts'
import { type Principal, withinGrant } from '../principal.ts'
import { grantOf } from '../users/user.ts'
import type { CredentialDirectory, KeyForVerification, Owner } from './directory.ts'
import type { JwtVerifier, VerifiedJwt } from './jwt.ts'
import { parseKey } from './key-form.ts'
import {
  type CredentialCarrier,
  type CredentialSources,
  type PresentedCredential,
  readCredential,
} from './presented-credential.ts'
import { type RefusalReason, refusalError } from './refusal.ts'
import type { SecretHasher } from './secret-hash.ts'
import type { UseRecorder } from './use-recorder.ts'

export type Authentication =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'authenticated'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

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
  authenticate(carrier: CredentialCarrier): Promise<Authentication>
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
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const anonymous: Authentication = { kind: 'anonymous' }
/** Compared against where no key was found, so that an unknown id costs what a wrong secret does. */
const noHash = new Uint8Array(32)

export function assembleAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { sources, jwt, directory, hasher, trustsIssuer, uses, now } = parts

  async function authenticateKey(text: string): Promise<Authentication> {
    const presented = parseKey(text, sources.keyPrefix)
    if (presented === null || directory === null) return refuse('key-malformed')

    const key = await directory.findKeyForVerification(presented.id)
    const at = new Date(now())
    const current = hasher.matches(presented.secret, key?.secretHash ?? noHash)
    const previous = hasher.matches(presented.secret, key?.previousSecretHash ?? noHash)
    if (key === null) return refuse('key-unknown', presented.id)
    const inGrace = key.previousExpiresAt !== null && key.previousExpiresAt > at
    if (!current && !(previous && inGrace)) return refuse('key-secret-wrong', key.id)

    const reason = keyRefusal(key, at) ?? ownerRefusal(key.owner)
    if (reason !== null) return refuse(reason, key.id)
    uses?.record({ keyId: key.id, at, previousSecret: !current })
    return { kind: 'authenticated', principal: principalOfKey(key) }
  }

  async function authenticateJwt(token: string): Promise<Authentication> {
    if (jwt === null) return refuse('jwt-unknown-issuer')
    const verification = await jwt.verify(token, now())
    if (!verification.ok) return refuse(`jwt-${verification.reason}`)
    const verified = verification.jwt
    if (directory === null) {
      return { kind: 'authenticated', principal: principalOfJwt(verified, null) }
    }

    const owner = await directory.admitUser(verified)
    if (owner === null) return refuse('owner-deleted')
    const reason = ownerRefusal(owner)
    if (reason !== null) return refuse(reason)
    if (owner.signedOutAt !== null && verified.issuedAt * 1000 < owner.signedOutAt.getTime()) {
      return refuse('owner-signed-out')
    }
    return { kind: 'authenticated', principal: principalOfJwt(verified, owner) }
  }

  function ownerRefusal(owner: Owner): RefusalReason | null {
    if (!trustsIssuer(owner.issuer)) return 'owner-of-untrusted-issuer'
    return owner.suspended ? 'owner-suspended' : null
  }

  async function decide(credential: PresentedCredential): Promise<Authentication> {
    switch (credential.kind) {
      case 'none':
        return anonymous
      case 'api-key':
        return authenticateKey(credential.text)
      case 'jwt':
        return authenticateJwt(credential.token)
      case 'unrecognised':
      case 'ambiguous':
        return refuse(credential.kind)
    }
  }

  return {
    async authenticate(carrier) {
      try {
        return await decide(readCredential(carrier, sources))
      } catch (error) {
        if (!(error instanceof ServiceUnavailableError)) throw error
        return { kind: 'refused', refusal: { reason: 'unavailable', credentialId: null, error } }
      }
    },
  }
}

function keyRefusal(key: KeyForVerification, now: Date): RefusalReason | null {
  if (key.revokedAt !== null) return 'key-revoked'
  return key.expiresAt !== null && key.expiresAt <= now ? 'key-expired' : null
}

function refuse(reason: RefusalReason, credentialId: string | null = null): Authentication {
  return { kind: 'refused', refusal: { reason, credentialId, error: refusalError(reason) } }
}

function principalOfKey(key: KeyForVerification): Principal {
  const { owner } = key
  return {
    issuer: owner.issuer,
    subject: owner.subject,
    userId: owner.userId,
    scopes: new Set(withinGrant(key.lineageScopes, grantOf(owner))),
    credential: {
      kind: 'API_KEY',
      id: key.id,
      name: key.name,
      issuer: null,
      scopes: key.scopes,
      expiresAt: key.expiresAt,
    },
  }
}

/** Without an owner's row the issuer's word is all there is. */
function principalOfJwt(jwt: VerifiedJwt, owner: Owner | null): Principal {
  return {
    issuer: jwt.issuer,
    subject: jwt.subject,
    userId: owner?.userId ?? jwt.subject,
    scopes: new Set(owner === null ? jwt.scopes : withinGrant(jwt.scopes, grantOf(owner))),
    credential: {
      kind: 'JWT',
      id: jwt.id,
      name: null,
      issuer: jwt.issuer,
      scopes: jwt.scopes,
      expiresAt: new Date(jwt.expiresAt * 1000),
    },
  }
}

import { ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type Refused, refuse, refuseJwt, refuseOwner, type Verified } from './authentication.ts'
import type { CredentialCaches } from './credential-caches.ts'
import type { CredentialDirectory, Owner } from './directory.ts'
import type { JwtVerifier, VerifiedJwt } from './jwt.ts'
import { type Clock, stampOf } from './lease.ts'
import { setPresentedToken, signedPartHash } from './presented-token.ts'
import { principalOfJwt } from './principals.ts'
import { ownerRefusal, signOutRefusal } from './refusal-rules.ts'

export interface TokenVerifierParts {
  /** `null`: no JWTs are accepted. */
  readonly jwt: JwtVerifier | null
  /** `null`: users are not stored, and the scopes of a JWT are effective as they are. */
  readonly directory: CredentialDirectory | null
  /** Rejects if the users of an issuer are not those of its aliases; `null`: checked. */
  readonly checkAliases: () => Promise<void> | null
  /** Whether JWTs of users of this issuer are accepted. */
  readonly trustsIssuer: (issuer: string) => boolean
  readonly caches: Pick<CredentialCaches, 'verified' | 'users'>
  readonly clock: Clock
  /** Identifies the authenticator in the principals that it makes. */
  readonly maker: symbol
}

/** Returns a function that verifies a JWT and finds its user, or creates the user on the first JWT. */
export function createTokenVerifier(parts: TokenVerifierParts) {
  const { jwt, directory, checkAliases, trustsIssuer, clock } = parts
  const { verified, users } = parts.caches

  /** Finds the user. During an outage of the directory the cached row of the user is used. */
  async function admitUser(from: CredentialDirectory, found: VerifiedJwt): Promise<Owner | null> {
    const fence = verified?.fence() ?? 0
    const at = stampOf(clock)
    try {
      const owner = await from.admitUser(found)
      const stale =
        owner !== null && verified?.changedSince({ keyId: null, userId: owner.userId }, fence)
      if (owner !== null && !stale) users.put(owner, at)
      return owner
    } catch (error) {
      const known = error instanceof ServiceUnavailableError ? users.get(found) : null
      if (known === null) throw error
      return known
    }
  }

  return async function verifyJwt(token: string): Promise<Verified | Refused> {
    if (jwt === null) return refuse('jwt-unknown-issuer')
    const verification = await jwt.verify(token, clock.wall())
    if (!verification.ok) return refuseJwt(verification)
    const found = verification.jwt
    await checkAliases()
    if (directory === null) return accepted(found, principalOfJwt(found, null, parts.maker))
    const owner = await admitUser(directory, found)
    if (owner === null) return refuseOwner('owner-deleted', found)
    const presented = { hash: signedPartHash(token), issuedAt: found.issuedAt }
    const reason = ownerRefusal(owner, trustsIssuer) ?? signOutRefusal(owner, presented)
    if (reason) return refuseOwner(reason, found)
    const principal = principalOfJwt(found, owner, parts.maker)
    setPresentedToken(principal, presented)
    return accepted(found, principal)
  }
}

function accepted({ expiresAt }: VerifiedJwt, principal: Principal): Verified {
  return {
    authentication: { kind: 'authenticated', principal },
    keyId: null,
    previousSecret: false,
    validUntil: expiresAt * 1000,
  }
}

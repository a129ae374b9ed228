import { type Credential, type Principal, withinGrant } from '../principal.ts'
import { grantOf } from '../users/user.ts'
import type { KeyForVerification, Owner } from './directory.ts'
import type { VerifiedJwt } from './jwt.ts'
import type { VerifiedSession } from './verify-session.ts'

/**
 * A principal with the authenticator that made it. The private field is not part of a copy, so a principal
 * with changed properties is not recognised.
 */
class MadePrincipal implements Principal {
  readonly issuer: string
  readonly subject: string
  readonly userId: string
  readonly scopes: ReadonlySet<string>
  readonly credential: Credential
  readonly #maker: symbol

  constructor({ issuer, subject, userId, scopes, credential }: Principal, maker: symbol) {
    this.issuer = issuer
    this.subject = subject
    this.userId = userId
    this.scopes = scopes
    this.credential = credential
    this.#maker = maker
  }

  static isMadeBy(value: object, maker: symbol): boolean {
    return #maker in value && value.#maker === maker
  }
}

/** Returns whether `value` is a principal that was created with `maker`. */
export function isPrincipalOf(maker: symbol, value: unknown): value is Principal {
  return typeof value === 'object' && value !== null && MadePrincipal.isMadeBy(value, maker)
}

/** @param maker identifies the authenticator */
export function principalOfKey(key: KeyForVerification, maker: symbol): Principal {
  const { owner } = key
  const principal: Principal = {
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
  return new MadePrincipal(principal, maker)
}

/**
 * Without a directory (`owner` is `null`) the scopes of the token are effective as they are. A token whose
 * scopes the grant decides carries what the grant of this server lists.
 *
 * @param maker identifies the authenticator
 */
export function principalOfJwt(jwt: VerifiedJwt, owner: Owner | null, maker: symbol): Principal {
  const scopes = jwt.scopes ?? owner?.scopes ?? []
  const principal: Principal = {
    issuer: jwt.issuer,
    subject: jwt.subject,
    userId: owner?.userId ?? jwt.subject,
    scopes: new Set(owner === null ? scopes : withinGrant(scopes, grantOf(owner))),
    credential: {
      kind: 'JWT',
      id: jwt.id,
      name: null,
      issuer: jwt.issuer,
      scopes,
      expiresAt: new Date(jwt.expiresAt * 1000),
    },
  }
  return new MadePrincipal(principal, maker)
}

/**
 * A session whose scopes the grant decides carries what the grant of this instance lists.
 *
 * @param maker identifies the authenticator
 */
export function principalOfSession(
  session: VerifiedSession,
  owner: Owner,
  maker: symbol,
): Principal {
  const scopes = session.scopes ?? owner.scopes ?? []
  const principal: Principal = {
    issuer: owner.issuer,
    subject: owner.subject,
    userId: owner.userId,
    scopes: new Set(withinGrant(scopes, grantOf(owner))),
    credential: {
      kind: 'SESSION',
      id: null,
      name: null,
      issuer: session.issuer,
      scopes,
      expiresAt: null,
    },
  }
  return new MadePrincipal(principal, maker)
}

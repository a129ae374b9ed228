import { type Principal, withinGrant } from '../principal.ts'
import { grantOf } from '../users/user.ts'
import type { KeyForVerification, Owner } from './directory.ts'
import type { VerifiedJwt } from './jwt.ts'

export function principalOfKey(key: KeyForVerification): Principal {
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

/** Without a directory (`owner` is `null`) the scopes of the token are effective as they are. */
export function principalOfJwt(jwt: VerifiedJwt, owner: Owner | null): Principal {
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

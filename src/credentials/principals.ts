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

/**
 * Without a directory (`owner` is `null`) the scopes of the token are effective as they are. A token whose
 * scopes the grant decides carries what the grant of this server lists.
 */
export function principalOfJwt(jwt: VerifiedJwt, owner: Owner | null): Principal {
  const scopes = jwt.scopes ?? owner?.scopes ?? []
  return {
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
}

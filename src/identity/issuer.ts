import { randomUUID } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { Principal } from '../principal.ts'
import {
  type IdentityClaims,
  identityClaims,
  identityTokenLifetime,
  identityTokenType,
} from './claims.ts'
import type { IdentityKeySet } from './keys.ts'

/** Says to backends who is asking, so that they can tell that it was said here. */
export interface IdentityIssuer {
  /** An identity token with at least half of its life ahead. */
  tokenFor(principal: Principal, audience: string): Promise<string>
  /** Any other statement of this server's, of a type of its own. */
  sign(type: string, claims: JWTPayload): Promise<string>
}

export interface IdentityIssuerOptions {
  readonly keys: IdentityKeySet
  /** `iss`: this server's public URL. */
  readonly issuer: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Tokens kept for further requests of the same principal. Default 10000. */
  readonly maxTokens?: number
}

interface KeptToken {
  readonly token: Promise<string>
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

const half = identityTokenLifetime / 2

export function createIdentityIssuer(options: IdentityIssuerOptions): IdentityIssuer {
  const { keys, issuer, now = Date.now, maxTokens = 10_000 } = options
  const { signer } = keys
  const kept = new Map<string, KeptToken>()

  const sign = (type: string, claims: JWTPayload) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: signer.algorithm, kid: signer.id, typ: type })
      .sign(signer.privateKey)

  return {
    tokenFor(principal, audience) {
      const name = `${audience} ${statementOf(principal)}`
      const seconds = now() / 1000
      const known = kept.get(name)
      // A clock that was set back would make a token from the future live on.
      if (known && seconds >= known.issuedAt && seconds < known.issuedAt + half) return known.token

      const issuedAt = Math.floor(seconds)
      const statement = { principal, audience, issuer, issuedAt, id: randomUUID() }
      const claims: IdentityClaims = identityClaims(statement)
      const token = sign(identityTokenType, { ...claims })
      kept.delete(name)
      kept.set(name, { token, issuedAt })
      // What was kept for longest goes first: it is the nearest to being too old.
      for (const oldest of kept.size > maxTokens ? kept.keys() : []) {
        kept.delete(oldest)
        break
      }
      token.catch(() => kept.delete(name))
      return token
    },
    sign,
  }
}

/** Whatever a token says of a principal: two of which it would differ never share one. */
const statements = new WeakMap<Principal, string>()

function statementOf(principal: Principal): string {
  const known = statements.get(principal)
  if (known !== undefined) return known
  const { issuer, subject, userId, scopes, credential } = principal
  const { kind, id, name } = credential
  const statement = JSON.stringify([issuer, subject, userId, kind, id, name, ...scopes])
  statements.set(principal, statement)
  return statement
}

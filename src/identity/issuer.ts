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
  /** An identity token with at least half of its lifetime left; it is returned at once where one is cached. */
  tokenFor(principal: Principal, audience: string): string | Promise<string>
  /** Any other statement of this server's, of a type of its own. */
  sign(type: string, claims: JWTPayload): Promise<string>
}

export interface IdentityIssuerOptions {
  readonly keys: IdentityKeySet
  /** `iss`: this server's public URL. */
  readonly issuer: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Tokens cached for further requests of the same principal. Default 10000. */
  readonly maxTokens?: number
}

interface CachedToken {
  /** A promise until it is signed. */
  token: string | Promise<string>
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

const reuseSeconds = identityTokenLifetime / 2

export function createIdentityIssuer(options: IdentityIssuerOptions): IdentityIssuer {
  const { keys, issuer, now = Date.now, maxTokens = 10_000 } = options
  const { signer } = keys
  const cache = new Map<string, CachedToken>()
  /** The same by the principal itself, which is the same object while its credential is remembered. */
  const byPrincipal = new WeakMap<Principal, Map<string, CachedToken>>()

  const sign = (type: string, claims: JWTPayload) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: signer.algorithm, kid: signer.id, typ: type })
      .sign(signer.privateKey)

  function make(
    principal: Principal,
    audience: string,
    name: string,
    seconds: number,
  ): CachedToken {
    const issuedAt = Math.floor(seconds)
    const statement = { principal, audience, issuer, issuedAt, id: randomUUID() }
    const claims: IdentityClaims = identityClaims(statement)
    const token = sign(identityTokenType, { ...claims })
    const made: CachedToken = { token, issuedAt }
    cache.delete(name)
    cache.set(name, made)
    // What was cached for longest goes first: it is the nearest to being too old.
    for (const oldest of cache.size > maxTokens ? cache.keys() : []) {
      cache.delete(oldest)
      break
    }
    token.then(
      (text) => {
        made.token = text
      },
      () => {
        cache.delete(name)
        byPrincipal.get(principal)?.delete(audience)
      },
    )
    return made
  }

  return {
    tokenFor(principal, audience) {
      const seconds = now() / 1000
      const byAudience = byPrincipal.get(principal)
      const known = byAudience?.get(audience)
      if (known !== undefined && isUsable(known, seconds)) return known.token

      const name = `${audience} ${cacheKeyOf(principal)}`
      const other = cache.get(name)
      const found =
        other !== undefined && isUsable(other, seconds)
          ? other
          : make(principal, audience, name, seconds)
      if (byAudience === undefined || byAudience.size >= maxAudiences) {
        byPrincipal.set(principal, new Map([[audience, found]]))
      } else byAudience.set(audience, found)
      return found.token
    },
    sign,
  }
}

/** Remembered beside one principal. */
const maxAudiences = 16

/** A clock that was set back would make a token from the future live on. */
function isUsable({ issuedAt }: CachedToken, seconds: number): boolean {
  return seconds >= issuedAt && seconds < issuedAt + reuseSeconds
}

/** Whatever a token says of a principal: two of which it would differ never share one. */
function cacheKeyOf({ issuer, subject, userId, scopes, credential }: Principal): string {
  const { kind, id, name } = credential
  return JSON.stringify([issuer, subject, userId, kind, id, name, ...scopes])
}

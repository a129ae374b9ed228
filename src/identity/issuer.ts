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

/** Signs tokens that identify the caller to backends, which can verify that this server signed them. */
export interface IdentityIssuer {
  /** Returns an identity token with at least half of its lifetime left; at once if one is cached. */
  tokenFor(principal: Principal, audience: string): string | Promise<string>
  /** Signs any other token of this server, with a type of its own. */
  sign(type: string, claims: JWTPayload): Promise<string>
}

export interface IdentityIssuerOptions {
  readonly keys: IdentityKeySet
  /** The `iss`: the public URL of this server. */
  readonly issuer: string
  /** The clock. Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number
  /**
   * The maximum number of tokens that are cached for further requests of the same principal. Default:
   * 10000.
   */
  readonly maxTokens?: number
}

interface CachedToken {
  /** The token; a promise until it is signed. */
  token: string | Promise<string>
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

const reuseSeconds = identityTokenLifetime / 2

export function createIdentityIssuer(options: IdentityIssuerOptions): IdentityIssuer {
  const { keys, issuer, now = Date.now, maxTokens = 10_000 } = options
  const { signer } = keys
  const cache = new Map<string, CachedToken>()
  /** The same tokens by principal, which is the same object while its credential is cached. */
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
    // The oldest token is evicted first: it is the first to become too old.
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

/** The maximum number of audiences whose tokens are cached for one principal. */
const maxAudiences = 16

/**
 * Whether a cached token can be returned. If the clock was set back, a token from the future is not
 * returned.
 */
function isUsable({ issuedAt }: CachedToken, seconds: number): boolean {
  return seconds >= issuedAt && seconds < issuedAt + reuseSeconds
}

/**
 * Returns a cache key of everything that a token states about a principal: principals whose tokens
 * would differ never share one.
 */
function cacheKeyOf({ issuer, subject, userId, scopes, credential }: Principal): string {
  const { kind, id, name } = credential
  return JSON.stringify([issuer, subject, userId, kind, id, name, ...scopes])
}

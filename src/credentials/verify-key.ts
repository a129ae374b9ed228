import { type Refused, refuse, type Verified } from './authentication.ts'
import type { CredentialCaches, WrongKey } from './credential-caches.ts'
import type { CredentialDirectory } from './directory.ts'
import type { KeyParts } from './key-form.ts'
import type { Clock } from './lease.ts'
import { principalOfKey } from './principals.ts'
import { keyRefusal, ownerRefusal } from './refusal-rules.ts'
import type { RehashQueue } from './rehash-queue.ts'
import type { SecretHasher } from './secret-hash.ts'
import { matchSecret, rehashOf, requirePeppers } from './stored-secret.ts'

export interface KeyVerifierParts {
  /** `null`: API keys are not supported. */
  readonly directory: CredentialDirectory | null
  readonly hasher: SecretHasher
  /** Whether the keys of users of this issuer are accepted. */
  readonly trustsIssuer: (issuer: string) => boolean
  /** `null`: stored hashes keep their pepper. */
  readonly rehashes: RehashQueue | null
  readonly caches: Pick<CredentialCaches, 'wrongKeys'>
  readonly clock: Clock
  /** Identifies the authenticator in the principals that it makes. */
  readonly maker: symbol
}

/** Returns a function that looks up an API key and checks its secret, its state and that of its owner. */
export function createKeyVerifier(parts: KeyVerifierParts) {
  const { directory, hasher, trustsIssuer, rehashes, clock } = parts
  const { wrongKeys } = parts.caches

  return async function verifyKey(
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

    const reason = keyRefusal(key, now) ?? ownerRefusal(key.owner, trustsIssuer)
    if (reason !== null) return refuse(reason, id)
    const rehash = rehashes && rehashOf(hasher, key, secret, match)
    if (rehash) rehashes?.add(rehash)
    const expires = key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
    return {
      authentication: { kind: 'authenticated', principal: principalOfKey(key, parts.maker) },
      // Not `id`: the principal has this string, and equal strings are compared fastest if they are one.
      keyId: key.id,
      previousSecret: !current,
      slot: { collected: null },
      validUntil: current ? expires : Math.min(expires, graceEnds),
    }
  }
}

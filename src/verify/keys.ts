import { type CryptoKey, importJWK, type JWK } from 'jose'
import { IdentityError } from './errors.ts'

/** Fetched keys are asked for anew after this long. */
const freshFor = 300_000
/** Where they cannot be fetched, those known are used for this long. */
const usableFor = 3_600_000
/** Between two fetches for keys that nobody knows, and after one that failed. */
const coolDown = 10_000
const timeout = 5_000
/** Characters. */
const maxLength = 100_000

export interface RemoteKeysOptions {
  readonly url: string
  readonly fetch: typeof fetch
  /** Milliseconds. */
  readonly now: () => number
}

export interface VerificationKey {
  readonly key: CryptoKey
  readonly algorithm: string
}

/** The public keys of a JWK Set behind a URL, by id. */
export function createRemoteKeys({ url, fetch, now }: RemoteKeysOptions) {
  let keys = new Map<string, VerificationKey>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let lastFailure: unknown
  let pending: Promise<void> | null = null

  async function refresh(): Promise<void> {
    triedAt = now()
    try {
      keys = await fetchKeys(url, fetch)
      fetchedAt = triedAt
      lastFailure = undefined
    } catch (error) {
      lastFailure = error
    }
  }

  /** Of several that need it at once one fetches, where a request may wait for what another began. */
  function refreshOnce(): Promise<void> {
    if (isCloudflareWorker) return refresh()
    pending ??= refresh().finally(() => {
      pending = null
    })
    return pending
  }

  /** `undefined`: there is no such key. @throws IdentityError when the keys cannot be had */
  return async function find(id: string): Promise<VerificationKey | undefined> {
    const mayAsk = () => pending !== null || now() - triedAt >= coolDown
    const stale = now() - fetchedAt >= freshFor
    if ((stale || !keys.has(id)) && mayAsk()) await refreshOnce()
    if (now() - fetchedAt < usableFor) {
      const known = keys.get(id)
      if (known !== undefined || lastFailure === undefined) return known
    }
    const message = 'The keys of identity tokens cannot be had.'
    throw new IdentityError('IDENTITY_UNAVAILABLE', message, { cause: lastFailure })
  }
}

/** There, one request's fetch is not another's to wait for. */
const isCloudflareWorker =
  typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers'

async function fetchKeys(url: string, fetch: RemoteKeysOptions['fetch']) {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
  })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  const text = await response.text()
  if (text.length > maxLength) throw new Error(`${url} answered too much`)
  const document: { keys?: unknown } | null = JSON.parse(text)
  if (!Array.isArray(document?.keys)) throw new Error(`${url} answered no JWK Set`)
  const keys = new Map<string, VerificationKey>()
  for (const jwk of document.keys as JWK[]) {
    const algorithm = algorithmOf(jwk)
    if (algorithm === null || typeof jwk.kid !== 'string') continue
    const { kty, crv, x, y } = jwk
    const key = await importJWK({ kty, crv, x, ...(y !== undefined && { y }) } as JWK, algorithm)
    if (!(key instanceof Uint8Array)) keys.set(jwk.kid, { key, algorithm })
  }
  return keys
}

function algorithmOf({ kty, crv }: JWK): string | null {
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA'
  return kty === 'EC' && crv === 'P-256' ? 'ES256' : null
}

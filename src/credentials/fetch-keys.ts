import { isObject } from '../json.ts'
import { type FetchedJson, fetchJson, UnusableResponseError } from '../jwks/fetch-json.ts'
import type { FetchedKeys } from '../jwks/key-cache.ts'
import { readKeySet } from '../jwks/key-set.ts'
import { discoveryUrls, isLoopbackHost, keyUrlFault } from './issuer-url.ts'

/** Whose keys to get and from where. */
export interface KeySource {
  readonly issuer: string
  /** `null`: by discovery. */
  readonly jwksUri: string | null
}

const maxBytes = 512 * 1024

/**
 * An issuer's keys, by discovery where no place is given (OpenID Connect Discovery §4, then RFC 8414).
 * Nothing is fetched but what the configuration and the issuer's own metadata name; redirects are not
 * followed and an answer has at most 512 KiB.
 *
 * @throws Error that says what was wrong
 */
export async function fetchKeys(source: KeySource, signal: AbortSignal): Promise<FetchedKeys> {
  const url = source.jwksUri ?? (await discoverJwksUri(source.issuer, signal))
  const answer = await getJson(url, signal)
  return { ...(await readKeySet(answer.json)), maxAgeSeconds: answer.maxAgeSeconds }
}

async function discoverJwksUri(issuer: string, signal: AbortSignal): Promise<string> {
  const failures: string[] = []
  for (const url of discoveryUrls(issuer)) {
    try {
      const { json } = await getJson(url, signal)
      return jwksUriOf(json, issuer, url)
    } catch (error) {
      // The second place is for an issuer without the first, not a second chance for one that is down.
      if (!(error instanceof UnusableResponseError)) throw error
      failures.push(error.message)
    }
  }
  throw new Error(`Discovery of ${issuer} failed: ${failures.join('; ')}`)
}

/**
 * Where an issuer's metadata, found at `place`, says that its keys are. Metadata of another issuer must
 * not be used (RFC 8414 §3.3).
 *
 * @throws Error that says what was wrong
 */
export function jwksUriOf(metadata: unknown, issuer: string, place: string): string {
  if (!isObject(metadata)) throw new UnusableResponseError(`${place} is no JSON object`)
  if (metadata.issuer !== issuer) {
    throw new UnusableResponseError(`${place} is of the issuer ${JSON.stringify(metadata.issuer)}`)
  }
  const { jwks_uri: url } = metadata
  const fault = typeof url === 'string' ? keyUrlFault(url) : 'is missing'
  if (typeof url !== 'string' || fault !== null)
    throw new UnusableResponseError(`jwks_uri of ${place} ${fault}`)
  // Only an issuer on this machine may lead us to this machine.
  if (isOnLoopback(url) && !isOnLoopback(issuer)) {
    throw new UnusableResponseError(`jwks_uri of ${place} must not be on this machine`)
  }
  return url
}

function isOnLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname)
}

function getJson(url: string, signal: AbortSignal): Promise<FetchedJson> {
  return fetchJson(url, { signal, maxBytes, fetch })
}

import { isObject } from '../json.ts'
import { type FetchedJson, fetchJson, UnusableResponseError } from '../jwks/fetch-json.ts'
import type { FetchedKeys } from '../jwks/key-cache.ts'
import { readKeySet } from '../jwks/key-set.ts'
import { fetchFromIssuer } from './issuer-fetch.ts'
import { discoveryUrls, isLoopbackHost, keyUrlFault } from './issuer-url.ts'
import { type KeySource, readKeyFile } from './key-source.ts'

const maxBytes = 512 * 1024

/**
 * Fetches the keys of an issuer, or takes them from the configuration or from a file. Without a URL it is found
 * by discovery (OpenID Connect Discovery §4, then RFC 8414). Only URLs of the configuration and of the issuer's metadata are fetched; redirects are not
 * followed, and a response has at most 512 KiB.
 *
 * @throws Error with the failure of each fetch
 */
export async function fetchKeys(source: KeySource, signal: AbortSignal): Promise<FetchedKeys> {
  const { jwks, jwksFile } = source
  // A file with the JSON text `null` has no keys. It must not lead to keys from anywhere else.
  if (jwksFile !== null)
    return { ...(await readKeySet(readKeyFile(jwksFile))), maxAgeSeconds: null }
  if (jwks !== null) return { ...(await readKeySet(jwks)), maxAgeSeconds: null }
  const url = source.jwksUri ?? (await discoverJwksUri(source, signal))
  const answer = await getJson(url, signal)
  return { ...(await readKeySet(answer.json)), maxAgeSeconds: answer.maxAgeSeconds }
}

async function discoverJwksUri(source: KeySource, signal: AbortSignal): Promise<string> {
  const failures: string[] = []
  const { issuer } = source
  for (const url of discoveryUrls(issuer)) {
    try {
      const { json } = await getJson(url, signal)
      return jwksUriOf(json, source, url)
    } catch (error) {
      // The second URL is for issuers without the first one. It is not tried if the issuer is down.
      if (!(error instanceof UnusableResponseError)) throw error
      failures.push(error.message)
    }
  }
  throw new Error(`Discovery of the issuer ${issuer} failed: ${failures.join('; ')}`)
}

/**
 * Returns `jwks_uri` of an issuer's metadata. Metadata of another issuer must not be used (RFC 8414 §3.3).
 *
 * @param place the URL of the metadata, for messages
 * @throws UnusableResponseError when the metadata is not valid or its `jwks_uri` is not allowed
 */
export function jwksUriOf(
  metadata: unknown,
  { issuer, allowHttp }: Pick<KeySource, 'issuer' | 'allowHttp'>,
  place: string,
): string {
  if (!isObject(metadata)) throw new UnusableResponseError(`${place} is not a JSON object`)
  if (metadata.issuer !== issuer) {
    throw new UnusableResponseError(
      `${place} belongs to another issuer: ${JSON.stringify(metadata.issuer)}`,
    )
  }
  const { jwks_uri: url } = metadata
  const fault = typeof url === 'string' ? keyUrlFault(url, allowHttp) : 'is missing'
  if (typeof url !== 'string' || fault !== null)
    throw new UnusableResponseError(`jwks_uri of ${place} ${fault}`)
  // Only an issuer on this machine may have its keys on this machine.
  if (isOnLoopback(url) && !isOnLoopback(issuer)) {
    throw new UnusableResponseError(`jwks_uri of ${place} must not be on this machine`)
  }
  return url
}

function isOnLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname)
}

function getJson(url: string, signal: AbortSignal): Promise<FetchedJson> {
  return fetchJson(url, { signal, maxBytes, fetch: fetchFromIssuer })
}

import { isObject } from './claims.ts'
import { discoveryUrls, isLoopbackHost, keyUrlFault } from './issuer-url.ts'
import { type KeySet, readKeySet } from './verification-keys.ts'

/** Whose keys to get and from where. */
export interface KeySource {
  readonly issuer: string
  /** `null`: by discovery. */
  readonly jwksUri: string | null
}

export interface FetchedKeys extends KeySet {
  /** For how many seconds the issuer says the answer may be used (`Cache-Control`, RFC 9111 §5.2.2). */
  readonly maxAgeSeconds: number | null
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
  return { ...readKeySet(answer.json), maxAgeSeconds: answer.maxAgeSeconds }
}

async function discoverJwksUri(issuer: string, signal: AbortSignal): Promise<string> {
  const failures: string[] = []
  for (const url of discoveryUrls(issuer)) {
    try {
      const { json } = await getJson(url, signal)
      return jwksUriOf(json, issuer, url)
    } catch (error) {
      // The second place is for an issuer without the first, not a second chance for one that is down.
      if (!(error instanceof UnusableAnswer)) throw error
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
  if (!isObject(metadata)) throw new UnusableAnswer(`${place} is no JSON object`)
  if (metadata.issuer !== issuer) {
    throw new UnusableAnswer(`${place} is of the issuer ${JSON.stringify(metadata.issuer)}`)
  }
  const { jwks_uri: url } = metadata
  const fault = typeof url === 'string' ? keyUrlFault(url) : 'is missing'
  if (typeof url !== 'string' || fault !== null)
    throw new UnusableAnswer(`jwks_uri of ${place} ${fault}`)
  // Only an issuer on this machine may lead us to this machine.
  if (isOnLoopback(url) && !isOnLoopback(issuer)) {
    throw new UnusableAnswer(`jwks_uri of ${place} must not be on this machine`)
  }
  return url
}

function isOnLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname)
}

/** An answer came and is not what it should be. */
class UnusableAnswer extends Error {}

async function getJson(
  url: string,
  signal: AbortSignal,
): Promise<{ json: unknown; maxAgeSeconds: number | null }> {
  const response = await get(url, signal)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new UnusableAnswer(`${url} answered ${response.status}`)
  }
  const text = await readText(response, url)
  try {
    return { json: JSON.parse(text), maxAgeSeconds: maxAge(response.headers.get('cache-control')) }
  } catch {
    throw new UnusableAnswer(`${url} answered no JSON`)
  }
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal })
  } catch (cause) {
    throw new Error(`${url} could not be fetched`, { cause })
  }
}

async function readText(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    // Leaving the loop cancels the body. The bytes are counted as decompressed.
    if (length > maxBytes) throw new UnusableAnswer(`${url} answered more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function maxAge(cacheControl: string | null): number | null {
  if (cacheControl === null) return null
  if (/(?:^|[\s,])no-(?:store|cache)\b/i.test(cacheControl)) return 0
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl)?.[1]
  return seconds === undefined ? null : Number(seconds)
}

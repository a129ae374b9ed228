export interface FetchJsonOptions {
  readonly signal: AbortSignal
  /** The maximum size of the response body in bytes, after decompression. */
  readonly maxBytes: number
  readonly fetch: typeof fetch
}

export interface FetchedJson {
  readonly json: unknown
  /** The seconds for which the response is fresh (`Cache-Control`, RFC 9111 §5.2.2); `null`: not stated. */
  readonly maxAgeSeconds: number | null
}

/** The server responded, but not with a usable JSON document. */
export class UnusableResponseError extends Error {}

/**
 * Fetches a JSON document. Redirects are not followed.
 *
 * @throws UnusableResponseError when the status is not 200, or the body is too long or not JSON
 * @throws Error when there is no response
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<FetchedJson> {
  const response = await get(url, options)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new UnusableResponseError(`${url} responded with status ${response.status}`)
  }
  const text = await readText(response, url, options.maxBytes)
  try {
    return { json: JSON.parse(text), maxAgeSeconds: maxAge(response.headers.get('cache-control')) }
  } catch {
    throw new UnusableResponseError(`${url} responded with a body that is not JSON`)
  }
}

/** Kubernetes answers 406 to a request for its keys that does not accept the media type of RFC 7517 §8.5.2. */
const mediaTypes = 'application/jwk-set+json, application/json'

async function get(url: string, { fetch, signal }: FetchJsonOptions): Promise<Response> {
  try {
    return await fetch(url, { headers: { accept: mediaTypes }, redirect: 'manual', signal })
  } catch (cause) {
    throw new Error(`${url} could not be fetched`, { cause })
  }
}

async function readText(response: Response, url: string, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    length += part.value.byteLength
    if (length > maxBytes) {
      await reader?.cancel()
      throw new UnusableResponseError(`${url} responded with more than ${maxBytes} bytes`)
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

function maxAge(cacheControl: string | null): number | null {
  if (cacheControl === null) return null
  if (/(?:^|[\s,])no-(?:store|cache)\b/i.test(cacheControl)) return 0
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl)?.[1]
  return seconds === undefined ? null : Number(seconds)
}

import { isObject } from '../json.ts'
import { fetchJson } from '../jwks/fetch-json.ts'
import { maxIssuerLength } from '../users/identity.ts'
import { isVisibleAscii } from '../visible-ascii.ts'
import { fetchFromIssuer } from './issuer-fetch.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'
import { discoveryUrls, keyUrlFault } from './issuer-url.ts'

/** The name of an issuer in the configuration differs from the one in its metadata. */
export interface MisspeltIssuer {
  readonly issuer: string
  /** `issuer` of the metadata, which is `iss` of the tokens. */
  readonly stated: string
  /** The difference, as the end of a sentence. */
  readonly difference: string
}

const maxBytes = 512 * 1024

/**
 * Compares the name of an issuer with its metadata (OpenID Connect Discovery §4.3, RFC 8414 §3.3). Returns `null`
 * if the names are equal, or if there is no metadata.
 */
export async function findMisspelling(
  { issuer, names, jwks, jwksFile, allowHttp }: ResolvedIssuer,
  signal: AbortSignal,
): Promise<MisspeltIssuer | null> {
  if (jwks !== null || jwksFile !== null || keyUrlFault(issuer, allowHttp) !== null) return null
  for (const url of discoveryUrls(issuer)) {
    const metadata = await fetchJson(url, { signal, maxBytes, fetch: fetchFromIssuer }).catch(
      () => null,
    )
    if (!isObject(metadata?.json)) continue
    const { issuer: stated } = metadata.json
    if (typeof stated !== 'string' || !isVisibleAscii(stated, maxIssuerLength)) continue
    return names.includes(stated)
      ? null
      : { issuer, stated, difference: differenceOf(issuer, stated) }
  }
  return null
}

function differenceOf(issuer: string, stated: string): string {
  if (stated === `${issuer}/`) return 'it ends with a slash'
  if (issuer === `${stated}/`) return 'it does not end with a slash'
  if (!URL.canParse(stated)) return 'it is not a URL'
  const [configured, own] = [new URL(issuer), new URL(stated)]
  if (configured.host !== own.host) return 'it has another host'
  if (configured.protocol !== own.protocol) return 'it has another scheme'
  return 'it has another path, such as the id of a tenant in the place of its name'
}

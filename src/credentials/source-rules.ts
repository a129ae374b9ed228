import { keyPrefixSyntax } from '../key-syntax.ts'
import { importedFormsFault } from './imported-key.ts'
import type { CredentialSources } from './presented-credential.ts'

/*
 * The rules for headers and parameters that carry credentials. In one with another meaning for HTTP, a proxy
 * or GraphQL, a credential would be read twice or dropped, or another value would be read as a credential.
 */

const reservedHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'host',
  'origin',
  'referer',
  'user-agent',
  'cache-control',
  'pragma',
  'range',
  'date',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'via',
  'x-real-ip',
  'x-request-id',
  // A script of the keys page names the session that it shows.
  'x-latchkey-session',
  // Hop-by-hop headers, which proxies remove (RFC 9110 §7.6.1).
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const reservedHeaderPrefixes = ['accept', 'content-', 'if-', 'sec-']

const reservedParameters: ReadonlySet<string> = new Set([
  'query',
  'variables',
  'operationName',
  'extensions',
  'scope',
  'audience',
  'optional',
])

/** Returns the fault of `name` as a header for credentials, or `null`. */
export function credentialHeaderFault(name: unknown): string | null {
  // The name is a token (RFC 9110 §5.1, §5.6.2).
  if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(name)) {
    return 'must be a header name'
  }
  const lower = name.toLowerCase()
  const isReserved =
    reservedHeaders.has(lower) || reservedHeaderPrefixes.some((prefix) => lower.startsWith(prefix))
  return isReserved ? 'must not be a header with another meaning' : null
}

/** Returns the fault of `name` as a query parameter for credentials, or `null`. */
export function credentialParameterFault(name: unknown): string | null {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.~-]{1,64}$/.test(name)) {
    return 'must be 1 to 64 letters, digits or characters of _ . ~ -'
  }
  return reservedParameters.has(name)
    ? 'must not be a parameter of GraphQL or of this server'
    : null
}

/**
 * Checks the places for credentials.
 *
 * @param sources with header names in any case
 * @returns `sources` with header names in lower case
 * @throws Error with all faults, each with its option
 */
export function checkedSources(sources: CredentialSources): CredentialSources {
  const { apiKeyHeader, jwtHeader, apiKeyQueryParameter, keyPrefix, importedForms } = sources
  const faults = [
    faultOf('apiKeyHeader', credentialHeaderFault(apiKeyHeader)),
    jwtHeader === null ? [] : faultOf('jwtHeader', credentialHeaderFault(jwtHeader)),
    apiKeyQueryParameter === null
      ? []
      : faultOf('apiKeyQueryParameter', credentialParameterFault(apiKeyQueryParameter)),
    faultOf('keyPrefix', keyPrefixFault(keyPrefix)),
    faultOf('importedKeyForms', importedFormsFault(importedForms, keyPrefix)),
  ].flat()
  if (faults.length > 0) throw new Error(`createAuthenticator: ${faults.join('; ')}.`)
  const names = {
    apiKeyHeader: apiKeyHeader.toLowerCase(),
    jwtHeader: jwtHeader?.toLowerCase() ?? null,
  }
  if (names.apiKeyHeader === names.jwtHeader) {
    throw new Error(
      'createAuthenticator: `jwtHeader` must not be the same header as `apiKeyHeader`.',
    )
  }
  return { ...sources, ...names }
}

function faultOf(option: string, fault: string | null): readonly string[] {
  return fault === null ? [] : [`\`${option}\` ${fault}`]
}

const keyPrefixForm = new RegExp(`^${keyPrefixSyntax}$`)

/** Returns the fault of `prefix` as the prefix of API keys, or `null`. */
export function keyPrefixFault(prefix: unknown): string | null {
  return typeof prefix === 'string' && keyPrefixForm.test(prefix)
    ? null
    : 'must be 1 to 16 lower-case letters and digits, beginning with a letter'
}

import { keyPrefixSyntax } from '../key-syntax.ts'
import type { CredentialSources } from './presented-credential.ts'

/*
 * Where credentials may be looked for. A place that means something else to HTTP, to a proxy or to
 * GraphQL would have a credential read twice, dropped on the way, or taken from what is none.
 */

const reservedHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'host',
  'origin',
  'referer',
  'user-agent',
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
  // Hop by hop: proxies take them off (RFC 9110 §7.6.1).
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

/** What is wrong with `name` as the name of a header for credentials; `null`: nothing. */
export function credentialHeaderFault(name: unknown): string | null {
  // A token (RFC 9110 §5.1, §5.6.2).
  if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(name)) {
    return 'must be a header name'
  }
  const lower = name.toLowerCase()
  const isReserved =
    reservedHeaders.has(lower) || reservedHeaderPrefixes.some((prefix) => lower.startsWith(prefix))
  return isReserved ? 'must not be a header with another meaning' : null
}

/** The same of a query parameter. */
export function credentialParameterFault(name: unknown): string | null {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.~-]{1,64}$/.test(name)) {
    return 'must be 1 to 64 letters, digits or any of _ . ~ -'
  }
  return reservedParameters.has(name) ? 'must not be a parameter of GraphQL or ours' : null
}

/**
 * @param sources header names in any case
 * @returns them, names of headers in lower case
 * @throws Error that names each option that is wrong
 */
export function checkedSources(sources: CredentialSources): CredentialSources {
  const { apiKeyHeader, jwtHeader, apiKeyQueryParameter, keyPrefix } = sources
  const faults = [
    faultOf('apiKeyHeader', credentialHeaderFault(apiKeyHeader)),
    jwtHeader === null ? [] : faultOf('jwtHeader', credentialHeaderFault(jwtHeader)),
    apiKeyQueryParameter === null
      ? []
      : faultOf('apiKeyQueryParameter', credentialParameterFault(apiKeyQueryParameter)),
    faultOf('keyPrefix', keyPrefixFault(keyPrefix)),
  ].flat()
  if (faults.length > 0) throw new Error(`createAuthenticator: ${faults.join('; ')}.`)
  const names = {
    apiKeyHeader: apiKeyHeader.toLowerCase(),
    jwtHeader: jwtHeader?.toLowerCase() ?? null,
  }
  if (names.apiKeyHeader === names.jwtHeader) {
    throw new Error('createAuthenticator: `jwtHeader` must not be the header for API keys.')
  }
  return { ...sources, ...names }
}

function faultOf(option: string, fault: string | null): readonly string[] {
  return fault === null ? [] : [`\`${option}\` ${fault}`]
}

const keyPrefixForm = new RegExp(`^${keyPrefixSyntax}$`)

/** The same of the first part of every API key. */
export function keyPrefixFault(prefix: unknown): string | null {
  return typeof prefix === 'string' && keyPrefixForm.test(prefix)
    ? null
    : 'must be 1 to 16 lower-case letters and digits, beginning with a letter'
}

import { hasImportedForm, type ImportedKeyForm } from './imported-key.ts'
import { looksLikeKey } from './key-form.ts'
import { isOfAnotherScheme } from './other-schemes.ts'

/** The places in a request that may carry a credential. Header names are in lower case. */
export interface CredentialSources {
  /** The header for API keys, besides `Authorization`. */
  readonly apiKeyHeader: string
  /** The header for JWTs, besides `Authorization`; `null`: none. */
  readonly jwtHeader: string | null
  /** The query parameter for API keys; `null`: none. */
  readonly apiKeyQueryParameter: string | null
  /** The prefix of every API key. */
  readonly keyPrefix: string
  /** The forms of the keys of other systems that were imported. */
  readonly importedForms: readonly ImportedKeyForm[]
}

/** The headers and query parameters of a request. */
export interface CredentialCarrier {
  /** Repeated headers must be joined by commas, as in fetch's `Headers` and with Node's `joinDuplicateHeaders`. */
  header(name: string): string | null
  queryParameters(name: string): readonly string[]
  /** The method of the request, in upper case. Without it, no session counts for the request. */
  readonly method?: string | undefined
  /** The API key among the parameters of a WebSocket connection. Default: none. */
  readonly apiKeyParameter?: string | null
  /**
   * Returns the IP address of the client; `null`: unknown. Without it, uses of keys are stored without an address.
   */
  clientAddress?(): string | null
}

export type PresentedCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'api-key'; readonly text: string; readonly isImported?: boolean }
  | { readonly kind: 'jwt'; readonly token: string }
  /** A value that is neither an API key nor a JWT. */
  | { readonly kind: 'unrecognised'; readonly isBearer?: boolean }
  /** Several credentials, or one header several times. */
  | { readonly kind: 'ambiguous' }

const none: PresentedCredential = { kind: 'none' }
const unrecognised: PresentedCredential = { kind: 'unrecognised' }
/** Sent as `Authorization: Bearer`, where an application may send tokens of its own. */
const unrecognisedBearer: PresentedCredential = { kind: 'unrecognised', isBearer: true }
const ambiguous: PresentedCredential = { kind: 'ambiguous' }

/**
 * Reads the credential of a request and decides its kind by its form. An empty value, the texts `null` and
 * `undefined`, and an `Authorization` header of another scheme count as no credential.
 */
export function readCredential(
  carrier: CredentialCarrier,
  sources: CredentialSources,
): PresentedCredential {
  const { apiKeyHeader, jwtHeader, apiKeyQueryParameter } = sources
  let found = none
  const authorization = carrier.header('authorization')
  if (authorization !== null) found = readAuthorization(authorization, sources)
  const apiKey = carrier.header(apiKeyHeader)
  if (apiKey !== null) found = oneOf(found, readApiKey(apiKey, sources))
  const jwt = jwtHeader === null ? null : carrier.header(jwtHeader)
  if (jwt !== null) found = oneOf(found, readJwt(jwt))
  const { apiKeyParameter = null } = carrier
  if (apiKeyParameter !== null) found = oneOf(found, readApiKey(apiKeyParameter, sources))
  if (apiKeyQueryParameter === null) return found
  const parameters = carrier.queryParameters(apiKeyQueryParameter)
  const [parameter] = parameters
  if (parameter === undefined) return found
  return parameters.length > 1 ? ambiguous : oneOf(found, readApiKey(parameter, sources))
}

function oneOf(first: PresentedCredential, second: PresentedCredential): PresentedCredential {
  if (first === none) return second
  return second === none ? first : ambiguous
}

/*
 * No regular expression runs over a whole credential: for a JWT it would take two microseconds in each
 * request.
 */

function readAuthorization(value: string, sources: CredentialSources): PresentedCredential {
  const credential = afterBearer(value)
  if (credential === null) return readOtherScheme(value, sources)
  if (isAbsent(credential)) return none
  if (credential.includes(',')) return ambiguous
  if (looksLikeKey(credential, sources.keyPrefix)) return asApiKey(credential, sources)
  const jwt = asJwt(credential)
  if (jwt !== unrecognised) return jwt
  const imported = asImportedKey(credential, sources)
  return imported === unrecognised ? unrecognisedBearer : imported
}

/** A header of another scheme is ignored, unless it contains an API key or a JWT. */
function readOtherScheme(
  value: string,
  { keyPrefix, importedForms }: CredentialSources,
): PresentedCredential {
  if (isAbsent(value) || isOfAnotherScheme(value, keyPrefix, importedForms)) return none
  return value.includes(',') ? ambiguous : unrecognised
}

function readApiKey(value: string, sources: CredentialSources): PresentedCredential {
  if (isAbsent(value)) return none
  return value.includes(',') ? ambiguous : asApiKey(value, sources)
}

function readJwt(value: string): PresentedCredential {
  const token = afterBearer(value) ?? value
  if (isAbsent(token)) return none
  return token.includes(',') ? ambiguous : asJwt(token)
}

/** Whether the client has sent no credential: an empty value, or the text of an unset variable. */
function isAbsent(value: string): boolean {
  return value === '' || value === 'null' || value === 'undefined'
}

/**
 * Returns the text after `Bearer` (RFC 6750 §2.1), which may be empty, or `null` for another scheme. Schemes
 * are case-insensitive (RFC 9110 §11.1).
 */
function afterBearer(value: string): string | null {
  if (!value.startsWith(bearer) && !bearerInAnyCase.test(value)) return null
  let start = bearer.length
  while (value[start] === ' ') start++
  return value.slice(start)
}

const bearer = 'Bearer '
const bearerInAnyCase = /^bearer(?: |$)/i

function asApiKey(text: string, sources: CredentialSources): PresentedCredential {
  if (!looksLikeKey(text, sources.keyPrefix)) return asImportedKey(text, sources)
  return isOneWord(text) ? { kind: 'api-key', text } : unrecognised
}

function asImportedKey(
  text: string,
  { importedForms, keyPrefix }: CredentialSources,
): PresentedCredential {
  return hasImportedForm(text, importedForms, keyPrefix)
    ? { kind: 'api-key', text, isImported: true }
    : unrecognised
}

function asJwt(token: string): PresentedCredential {
  return hasThreeParts(token) && isOneWord(token) ? { kind: 'jwt', token } : unrecognised
}

/** Whether `text` has three parts separated by dots, of which the first is not empty. */
function hasThreeParts(text: string): boolean {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  return first > 0 && second > first && !text.includes('.', second + 1)
}

function isOneWord(text: string): boolean {
  return !text.includes(' ') && !text.includes('\t')
}

import { looksLikeKey } from './key-form.ts'
import { isOfAnotherScheme } from './other-schemes.ts'

/** Where a request may carry a credential; the names of headers are lower-case. */
export interface CredentialSources {
  /** A header for API keys beside `Authorization`. */
  readonly apiKeyHeader: string
  /** A header for JWTs beside `Authorization`; `null`: none. */
  readonly jwtHeader: string | null
  /** A query parameter for API keys; `null`: none, since URLs end up in logs. */
  readonly apiKeyQueryParameter: string | null
  /** First part of every API key. */
  readonly keyPrefix: string
}

/** What reading a credential needs of a request: headers and query parameters as strings. */
export interface CredentialCarrier {
  /** Repeated headers come joined by a comma, as fetch's `Headers` and Node's `joinDuplicateHeaders` give them. */
  header(name: string): string | null
  queryParameters(name: string): readonly string[]
}

export type PresentedCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'api-key'; readonly text: string }
  | { readonly kind: 'jwt'; readonly token: string }
  /** Something is there that is neither. */
  | { readonly kind: 'unrecognised' }
  /** Several credentials, or one header several times: no single reading is right. */
  | { readonly kind: 'ambiguous' }

const none: PresentedCredential = { kind: 'none' }
const unrecognised: PresentedCredential = { kind: 'unrecognised' }
const ambiguous: PresentedCredential = { kind: 'ambiguous' }

/**
 * The one credential of a request, told apart by its form and never by trying. A place that holds no
 * credential (an empty value, `null`, an `Authorization` of another scheme) counts for none.
 */
export function readCredential(
  carrier: CredentialCarrier,
  sources: CredentialSources,
): PresentedCredential {
  const { apiKeyHeader, jwtHeader, apiKeyQueryParameter, keyPrefix } = sources
  let found = none
  const authorization = carrier.header('authorization')
  if (authorization !== null) found = readAuthorization(authorization, keyPrefix)
  const apiKey = carrier.header(apiKeyHeader)
  if (apiKey !== null) found = oneOf(found, readApiKey(apiKey, keyPrefix))
  const jwt = jwtHeader === null ? null : carrier.header(jwtHeader)
  if (jwt !== null) found = oneOf(found, readJwt(jwt))
  if (apiKeyQueryParameter === null) return found
  const parameters = carrier.queryParameters(apiKeyQueryParameter)
  const [parameter] = parameters
  if (parameter === undefined) return found
  return parameters.length > 1 ? ambiguous : oneOf(found, readApiKey(parameter, keyPrefix))
}

function oneOf(first: PresentedCredential, second: PresentedCredential): PresentedCredential {
  if (first === none) return second
  return second === none ? first : ambiguous
}

/*
 * Without regular expressions over the whole of a credential: they take two microseconds for a JWT,
 * which comes with every request.
 */

function readAuthorization(value: string, keyPrefix: string): PresentedCredential {
  const credential = afterBearer(value)
  if (credential === null) return readOtherScheme(value, keyPrefix)
  if (isAbsent(credential)) return none
  if (credential.includes(',')) return ambiguous
  return looksLikeKey(credential, keyPrefix) ? asApiKey(credential, keyPrefix) : asJwt(credential)
}

/** What has another scheme is not for us, unless what it carries is. */
function readOtherScheme(value: string, keyPrefix: string): PresentedCredential {
  if (isAbsent(value) || isOfAnotherScheme(value, keyPrefix)) return none
  return value.includes(',') ? ambiguous : unrecognised
}

function readApiKey(value: string, keyPrefix: string): PresentedCredential {
  if (isAbsent(value)) return none
  return value.includes(',') ? ambiguous : asApiKey(value, keyPrefix)
}

function readJwt(value: string): PresentedCredential {
  const token = afterBearer(value) ?? value
  if (isAbsent(token)) return none
  return token.includes(',') ? ambiguous : asJwt(token)
}

/** What a client sends that holds no credential: nothing, or a variable that was never set. */
function isAbsent(value: string): boolean {
  return value === '' || value === 'null' || value === 'undefined'
}

/**
 * What follows `Bearer`, which may be nothing (RFC 6750 §2.1; schemes are case-insensitive, RFC 9110
 * §11.1); `null` for another scheme.
 */
function afterBearer(value: string): string | null {
  if (!value.startsWith(bearer) && !bearerInAnyCase.test(value)) return null
  let start = bearer.length
  while (value[start] === ' ') start++
  return value.slice(start)
}

const bearer = 'Bearer '
const bearerInAnyCase = /^bearer(?: |$)/i

function asApiKey(text: string, keyPrefix: string): PresentedCredential {
  return looksLikeKey(text, keyPrefix) && isOneWord(text) ? { kind: 'api-key', text } : unrecognised
}

function asJwt(token: string): PresentedCredential {
  return hasThreeParts(token) && isOneWord(token) ? { kind: 'jwt', token } : unrecognised
}

/** The first of which is not empty. */
function hasThreeParts(text: string): boolean {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  return first > 0 && second > first && !text.includes('.', second + 1)
}

function isOneWord(text: string): boolean {
  return !text.includes(' ') && !text.includes('\t')
}

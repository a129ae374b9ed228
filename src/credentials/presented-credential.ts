import { looksLikeKey } from './key-form.ts'

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

/** The one credential of a request, told apart by its form and never by trying. */
export function readCredential(
  carrier: CredentialCarrier,
  sources: CredentialSources,
): PresentedCredential {
  const authorization = carrier.header('authorization')
  const apiKey = carrier.header(sources.apiKeyHeader)
  const jwt = sources.jwtHeader === null ? null : carrier.header(sources.jwtHeader)
  const parameters =
    sources.apiKeyQueryParameter === null
      ? []
      : carrier.queryParameters(sources.apiKeyQueryParameter)

  const header = authorization ?? apiKey ?? jwt
  const count =
    Number(authorization !== null) +
    Number(apiKey !== null) +
    Number(jwt !== null) +
    parameters.length
  if (count === 0) return none
  if (count > 1 || header?.includes(',')) return ambiguous

  if (authorization !== null) return readAuthorization(authorization, sources.keyPrefix)
  if (jwt !== null) return asJwt(afterScheme(jwt) ?? jwt)
  return asApiKey(apiKey ?? parameters[0] ?? '', sources.keyPrefix)
}

function readAuthorization(value: string, keyPrefix: string): PresentedCredential {
  const credential = afterScheme(value)
  if (credential === null) return unrecognised
  return looksLikeKey(credential, keyPrefix) ? asApiKey(credential, keyPrefix) : asJwt(credential)
}

/*
 * Without regular expressions over the whole of it: they take two microseconds for a JWT, which comes
 * with every request.
 */

/** What follows `Bearer` (RFC 6750 §2.1; schemes are case-insensitive, RFC 9110 §11.1). */
function afterScheme(value: string): string | null {
  if (!value.startsWith(bearer) && !bearerInAnyCase.test(value)) return null
  let start = bearer.length
  while (value[start] === ' ') start++
  const credential = value.slice(start)
  const isOne = credential !== '' && !credential.includes(' ') && !credential.includes('\t')
  return isOne ? credential : null
}

const bearer = 'Bearer '
const bearerInAnyCase = /^bearer /i

function asApiKey(text: string, keyPrefix: string): PresentedCredential {
  return looksLikeKey(text, keyPrefix) ? { kind: 'api-key', text } : unrecognised
}

function asJwt(token: string): PresentedCredential {
  return hasThreeParts(token) ? { kind: 'jwt', token } : unrecognised
}

/** The first of which is not empty. */
function hasThreeParts(text: string): boolean {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  return first > 0 && second > first && !text.includes('.', second + 1)
}

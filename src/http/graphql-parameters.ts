import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { badRequest } from '../yoga/graphql-errors.ts'
import { decodeBody, UnreadableBodyError } from './endpoint.ts'
import { hasMoreValues } from './json-values.ts'

/** The maximum number of JSON values in a body: several times as many as the operation limits allow. */
const maxValues = 12_000

/**
 * Parses the body of a POST (GraphQL over HTTP §5.3). The types of its members are checked later.
 *
 * @throws GraphQLError if it is not a JSON object, or has more than 12,000 values
 */
export function readParameters(body: string): GraphQLParams {
  // A byte order mark may be ignored (RFC 8259 §8.1).
  const parameters = readJson(body.startsWith('\u{feff}') ? body.slice(1) : body, 'The body')
  if (Array.isArray(parameters)) throw badRequest('Batching is not supported.')
  if (typeof parameters !== 'object' || parameters === null) {
    throw badRequest('The body must be a JSON object with the member "query".')
  }
  return parameters
}

function readJson(text: string, what: string): unknown {
  if (hasMoreValues(text, maxValues)) throw badRequest(`${what} has more than ${maxValues} values.`)
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest(`${what} is not valid JSON.`)
  }
}

const queryNames = new Set(['query', 'operationName', 'variables', 'extensions'])

/**
 * Parses the query string of a GET (GraphQL over HTTP §6.2). Parameters of other names are ignored, and
 * an empty value counts as absent. The members of `variables` and `extensions` are checked later.
 *
 * @param search the query string with its `?`
 * @throws GraphQLError if a parameter is repeated, is not encoded correctly, or is not JSON where it must be
 */
export function readQueryParameters(search: string): GraphQLParams {
  const texts = new Map<string, string>()
  for (const pair of search.slice(1).split('&')) {
    const [encodedName = ''] = pair.split('=', 1)
    const name = decodeForm(encodedName)
    if (name === null || !queryNames.has(name)) continue
    if (texts.has(name)) throw badRequest(`The parameter "${name}" is repeated.`)
    const text = decodeForm(pair.slice(encodedName.length + 1))
    if (text === null) throw badRequest(`The parameter "${name}" is not percent-encoded UTF-8.`)
    // In V8, a substring keeps the whole URL in memory, including a credential in it. This makes a copy.
    texts.set(name, Buffer.from(text).toString())
  }
  const json = (name: string) => {
    const text = texts.get(name)
    return text ? readJson(text, `The parameter "${name}"`) : undefined
  }
  return {
    query: texts.get('query') || undefined,
    operationName: texts.get('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  } as GraphQLParams
}

/**
 * Returns `null` if the text is not valid percent-encoding. `URLSearchParams` would decode it to a different
 * text.
 */
function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/**
 * Refuses a request that is not a GraphQL request with 400, whatever media type it accepts (GraphQL over
 * HTTP §6.4.1). Yoga itself would answer 200 to `application/json` without a query, and would accept an
 * `operationName` of any type.
 *
 * @throws GraphQLError
 */
export function checkParameters({ query, operationName, extensions }: GraphQLParams): void {
  if (query === undefined || query === null || query === '') {
    throw hasPersistedQueryHash(extensions)
      ? persistedQueryNotSupported()
      : badRequest('Must provide query string.')
  }
  if (operationName != null && typeof operationName !== 'string') {
    throw badRequest('Expected "operationName" param to be a string.')
  }
}

/** Returns whether the request has only the hash of a query, as Apollo Client's persisted queries do. */
function hasPersistedQueryHash(extensions: unknown): boolean {
  const { persistedQuery } = Object(extensions) as { persistedQuery?: unknown }
  return typeof (Object(persistedQuery) as { sha256Hash?: unknown }).sha256Hash === 'string'
}

/** This message and code make a client send the query's text, in this request and all later ones. */
function persistedQueryNotSupported(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } },
  })
}

/** @throws GraphQLError if the body is not UTF-8 */
async function textOf(posted: Request): Promise<string> {
  const bytes = Buffer.from(await posted.arrayBuffer())
  try {
    return decodeBody(bytes)
  } catch (error) {
    throw error instanceof UnreadableBodyError ? badRequest(error.message) : error
  }
}

/** Makes Yoga parse a POST with `readParameters`, and a GET with `readQueryParameters`. */
export const useParameters: Plugin = {
  onRequestParse({ request, url, setRequestParser }) {
    if (request.method === 'POST') {
      setRequestParser(async (posted) => readParameters(await textOf(posted)))
    } else if (request.method === 'GET') {
      setRequestParser(() => readQueryParameters(url.search))
    }
  },
}

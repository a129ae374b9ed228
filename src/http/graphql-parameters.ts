import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { badRequest } from '../yoga/graphql-errors.ts'
import { hasMoreValues } from './json-values.ts'

/** Values in the JSON of a body: several for each that an operation may have within its limits. */
const maxValues = 12_000

/**
 * What the body of a POST asks for (GraphQL over HTTP §5.3). What its members are is checked later.
 *
 * @throws GraphQLError when it is no JSON object, or has more than 12,000 values
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
 * The parameters in the query of a GET (GraphQL over HTTP §6.2). Parameters of other names are ignored,
 * and an empty value counts as none. What the members of `variables` and `extensions` are is checked later.
 *
 * @param search with its `?`
 * @throws GraphQLError when one is there twice, is not encoded correctly, or is not JSON where it should be
 */
export function readQueryParameters(search: string): GraphQLParams {
  const texts = new Map<string, string>()
  for (const pair of search.slice(1).split('&')) {
    const [encodedName = ''] = pair.split('=', 1)
    const name = decodeForm(encodedName)
    if (name === null || !queryNames.has(name)) continue
    if (texts.has(name)) throw badRequest(`The parameter "${name}" is there twice.`)
    const text = decodeForm(pair.slice(encodedName.length + 1))
    if (text === null) throw badRequest(`The parameter "${name}" is not percent-encoded UTF-8.`)
    // A part of the URL would keep all of it in memory, a credential included.
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

/** `null` where it cannot be decoded: `URLSearchParams` would put another text in its place. */
function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/**
 * What is no GraphQL request is 400 whatever is accepted (GraphQL over HTTP §6.4.1); Yoga answers 200 to
 * `application/json` without a query, and takes an `operationName` of any type.
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

/** Whether it has the hash of a query that is left out, as Apollo Client's persisted queries do. */
function hasPersistedQueryHash(extensions: unknown): boolean {
  const { persistedQuery } = Object(extensions) as { persistedQuery?: unknown }
  return typeof (Object(persistedQuery) as { sha256Hash?: unknown }).sha256Hash === 'string'
}

/** By this message and code a client knows to send the query's text, now and from here on. */
function persistedQueryNotSupported(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED', http: { status: 200 } },
  })
}

/** Has Yoga read what is posted by `readParameters`, and what is in a URL by `readQueryParameters`. */
export const useParameters: Plugin = {
  onRequestParse({ request, url, setRequestParser }) {
    if (request.method === 'POST') {
      setRequestParser(async (posted) => readParameters(await posted.text()))
    } else if (request.method === 'GET') {
      setRequestParser(() => readQueryParameters(url.search))
    }
  },
}

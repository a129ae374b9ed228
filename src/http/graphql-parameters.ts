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
  if (hasMoreValues(body, maxValues)) {
    throw badRequest(`The body has more than ${maxValues} values.`)
  }
  let parameters: unknown
  try {
    // A byte order mark may be ignored (RFC 8259 §8.1).
    parameters = JSON.parse(body.startsWith('\u{feff}') ? body.slice(1) : body)
  } catch {
    throw badRequest('The body is not valid JSON.')
  }
  if (Array.isArray(parameters)) throw badRequest('Batching is not supported.')
  if (typeof parameters !== 'object' || parameters === null) {
    throw badRequest('The body must be a JSON object with the member "query".')
  }
  return parameters
}

/**
 * What the query of a GET asks for (GraphQL over HTTP §5.4). What its parameters are is checked later.
 *
 * @throws GraphQLError when a parameter is there twice, or is no JSON object where it must be one
 */
export function readQueryParameters(
  parameters: (name: string) => readonly string[],
): GraphQLParams {
  const one = (name: string) => {
    const [value, another] = parameters(name)
    if (another !== undefined) throw badRequest(`The parameter \`${name}\` is there twice.`)
    return value
  }
  const object = (name: string) => {
    const text = one(name)
    if (text === undefined || text === '') return undefined
    if (hasMoreValues(text, maxValues)) {
      throw badRequest(`\`${name}\` has more than ${maxValues} values.`)
    }
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw badRequest(`\`${name}\` is not valid JSON.`)
    }
    if (value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw badRequest(`\`${name}\` must be a JSON object.`)
    }
    return value as Record<string, unknown>
  }
  const given = {
    query: one('query'),
    operationName: one('operationName'),
    variables: object('variables'),
    extensions: object('extensions'),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/**
 * What is no GraphQL request is 400 whatever is accepted (GraphQL over HTTP §6.4.1); Yoga answers 200 to
 * `application/json` without a query, and takes an `operationName` of any type.
 *
 * @throws GraphQLError
 */
export function checkParameters({ query, operationName }: GraphQLParams): void {
  if (query === undefined || query === null || query === '')
    throw badRequest('Must provide query string.')
  if (operationName != null && typeof operationName !== 'string') {
    throw badRequest('Expected "operationName" param to be a string.')
  }
}

/** Has Yoga read what is posted by `readParameters`. */
export const useParameters: Plugin = {
  onRequestParse({ request, setRequestParser }) {
    if (request.method !== 'POST') return
    setRequestParser(async (posted) => readParameters(await posted.text()))
  },
}

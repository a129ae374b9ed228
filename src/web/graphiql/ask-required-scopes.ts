import { type ExecutionResult, parse } from 'graphql'
import { jsonObjectIn } from '../json-object.ts'
import type { createFetcher } from './fetcher.ts'

export type Fetcher = ReturnType<typeof createFetcher>

/** The scopes that an operation requires: the answer of `Query.requiredScopes`. */
export interface Required {
  /** The name of the operation, or words for it. */
  readonly operation: string
  readonly scopes: readonly (readonly string[])[]
  readonly missing: readonly string[]
  readonly fields: readonly {
    readonly coordinate: string
    readonly scopes: readonly (readonly string[])[]
  }[]
}

const query = `query RequiredScopes($document: String!, $operationName: String, $variables: JSONObject) {
  requiredScopes(document: $document, operationName: $operationName, variables: $variables) {
    scopes
    missing
    fields { coordinate scopes }
  }
}`

/**
 * Asks which scopes an operation requires, with the credential of the page or of `headers`.
 *
 * @param operation the texts of the editors, with the name of the operation at the cursor
 * @returns the scopes, or a sentence that says why they are not known
 */
export async function askRequiredScopes(
  fetcher: Fetcher,
  operation: { document: string; operationName: string | null; variables: string },
  headers: string,
): Promise<Required | string> {
  const { document } = operation
  const operationName = operation.operationName ?? firstOperationIn(document)
  const variables = jsonObjectIn(operation.variables)
  if (variables === null) return 'The variables are not a JSON object.'
  const own = jsonObjectIn(headers)
  if (own === null) return 'The headers are not a JSON object.'
  const result = await ask(fetcher, { document, operationName, variables }, own)
  const required = result?.data?.requiredScopes as Omit<Required, 'operation'> | null | undefined
  if (required != null) return { ...required, operation: operationName ?? 'The operation' }
  return messageOf(result)
}

async function ask(
  fetcher: Fetcher,
  variables: object,
  headers: Record<string, unknown>,
): Promise<ExecutionResult | null> {
  try {
    const parameters = { query, variables, operationName: 'RequiredScopes' }
    return (await fetcher(parameters, { headers })) as ExecutionResult
  } catch {
    return null
  }
}

function messageOf(result: ExecutionResult | null): string {
  const [error] = result?.errors ?? []
  if (error === undefined) return 'The server cannot be reached.'
  const listed = error.extensions?.errors
  const messages = Array.isArray(listed) ? listed.map(({ message }) => String(message)) : []
  return messages.length > 0 ? messages.join(' ') : error.message
}

function firstOperationIn(document: string): string | null {
  try {
    const { definitions } = parse(document)
    const first = definitions.find(({ kind }) => kind === 'OperationDefinition')
    return first?.kind === 'OperationDefinition' ? (first.name?.value ?? null) : null
  } catch {
    return null
  }
}

import type { CombinedError } from 'urql'

/** The reason why a request failed, in the terms of the page. */
export interface Failure {
  readonly kind: 'network' | 'signed-out' | 'rate-limited' | 'unavailable' | 'refused'
  /** The code of the error in GraphQL's extensions, or in problem details. */
  readonly code: string | null
  readonly message: string
  /** The input field that the server refused. */
  readonly field: string | null
  /** The field of the operation that failed, such as `createApiKey`. */
  readonly operationField: string | null
  readonly missingScopes: readonly string[]
  /** The seconds until a new attempt makes sense; null if the server does not say. */
  readonly retryAfter: number | null
}

/** The failure of a script that could not be loaded. */
export const networkFailure: Failure = {
  kind: 'network',
  code: null,
  message: '',
  field: null,
  operationField: null,
  missingScopes: [],
  retryAfter: null,
}

const kinds: Readonly<Record<string, Failure['kind']>> = {
  UNAUTHENTICATED: 'signed-out',
  INVALID_CREDENTIAL: 'signed-out',
  RATE_LIMITED: 'rate-limited',
  SERVICE_UNAVAILABLE: 'unavailable',
}

/** Returns why an operation failed; null without an error. */
export function failureOf(error: CombinedError | undefined): Failure | null {
  if (error === undefined) return null
  const [first] = error.graphQLErrors
  const extensions = first?.extensions ?? {}
  const code = typeof extensions.code === 'string' ? extensions.code : null
  const [operationField] = first?.path ?? []
  const response: unknown = error.response
  const answer = response instanceof Response ? response : null
  return {
    kind: kinds[code ?? ''] ?? kindOfStatus(answer?.status),
    code,
    message: first?.message ?? '',
    field: typeof extensions.field === 'string' ? extensions.field : null,
    operationField: typeof operationField === 'string' ? operationField : null,
    missingScopes: Array.isArray(extensions.missingScopes) ? extensions.missingScopes : [],
    retryAfter: retryAfterOf(answer),
  }
}

/** Returns why a request to an endpoint other than GraphQL failed. */
export async function failureOfResponse(response: Response | null): Promise<Failure> {
  const problem = await response?.json().catch(() => null)
  return {
    kind: kindOfStatus(response?.status),
    code: typeof problem?.code === 'string' ? problem.code : null,
    message: typeof problem?.detail === 'string' ? problem.detail : '',
    field: null,
    operationField: null,
    missingScopes: [],
    retryAfter: retryAfterOf(response),
  }
}

function kindOfStatus(status: number | undefined): Failure['kind'] {
  if (status === undefined) return 'network'
  if (status === 401) return 'signed-out'
  if (status === 429) return 'rate-limited'
  return status >= 500 ? 'unavailable' : 'refused'
}

function retryAfterOf(response: Response | null): number | null {
  const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : null
}

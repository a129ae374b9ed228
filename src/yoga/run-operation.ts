import type { ExecutionResult } from 'graphql'
import {
  type FetchAPI,
  type GraphQLParams,
  processRegularResult,
  type YogaServerInstance,
} from 'graphql-yoga'
import { type ResponseMediaType, responseMediaTypes } from '../graphql/media-types.ts'
import type { Answer } from './error-answer.ts'

/*
 * Everything that the server uses of Yoga beyond its documentation: `getResultForParams`,
 * `processRegularResult` and the `waitUntil` of the server context. `test/yoga/run-operation.test.ts` fails
 * if an upgrade changes them. `usePrincipal` uses what `handle.ts` has, because it must not load Yoga.
 */

type Yoga = Pick<
  YogaServerInstance<Record<string, unknown>, Record<string, unknown>>,
  'getResultForParams' | 'waitUntil'
>

/** Runs one operation. `request` is the request that plugins and resolvers see. */
export type RunOperation = (
  params: GraphQLParams,
  request: Request,
  serverContext: object,
) => ExecutionResult | Promise<ExecutionResult>

/**
 * Returns a function that runs operations with Yoga's plugins, except for their hooks on requests and
 * responses. It makes no fetch Response, which would take longer than everything else together.
 */
export function createRunOperation(yoga: unknown): RunOperation {
  const { getResultForParams, waitUntil } = yoga as Yoga
  return (params, request, serverContext) => {
    const context = serverContext as { waitUntil?: unknown }
    context.waitUntil = waitUntil
    return getResultForParams({ params, request }, context as never) as
      | ExecutionResult
      | Promise<ExecutionResult>
  }
}

/** Converts a result to an answer with Yoga's own code, and a minimal replacement of the Fetch API. */
export function resultAnswer(result: ExecutionResult, mediaType: ResponseMediaType): Answer {
  return processRegularResult(result, fetchApi, mediaType) as unknown as Answer
}

/** Shared header objects, by media type, for answers whose only header is `Content-Type`. */
const usualHeaders = new Map<string | undefined, Answer['headers']>(
  responseMediaTypes.map((type) => {
    const value = `${type}; charset=utf-8`
    return [value, { 'content-type': value }]
  }),
)

class PlainResponse implements Answer {
  readonly body: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(body: string | null, { status, headers }: Omit<Answer, 'body'>) {
    // Response throws too: with these statuses a client waits for another answer, or reads no body.
    if (!(status >= 200 && status <= 599) || bodilessStatuses.has(status)) {
      throw new RangeError(`${status} is not a valid status for a GraphQL answer.`)
    }
    this.body = body ?? ''
    this.status = status
    const [name, another] = Object.keys(headers)
    const usual = another === undefined ? usualHeaders.get(headers[name ?? '']) : undefined
    this.headers = usual ?? inLowerCase(headers)
  }
}

const bodilessStatuses = new Set([204, 205, 304])

/** Plugins write header names in any case. If a name is repeated, the last value counts. */
function inLowerCase(headers: Answer['headers']): Answer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

const fetchApi = { Response: PlainResponse } as unknown as FetchAPI

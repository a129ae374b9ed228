import type { ExecutionResult } from 'graphql'
import {
  type FetchAPI,
  type GraphQLParams,
  processRegularResult,
  type YogaServerInstance,
} from 'graphql-yoga'
import type { Answer } from './error-answer.ts'
import { type ResponseMediaType, responseMediaTypes } from './media-types.ts'

/*
 * All that is used of Yoga beyond its documentation: `getResultForParams`, `processRegularResult` and
 * the `waitUntil` of the server context. `test/yoga/run-operation.test.ts` tells what changed in them.
 */

type Yoga = Pick<
  YogaServerInstance<Record<string, unknown>, Record<string, unknown>>,
  'getResultForParams' | 'waitUntil'
>

/** One operation, with the request that plugins and resolvers see and the server context. */
export type RunOperation = (
  params: GraphQLParams,
  request: Request,
  serverContext: object,
) => ExecutionResult | Promise<ExecutionResult>

/**
 * Runs operations by Yoga's plugins, but for their hooks on requests and responses, and without a fetch
 * Response, which costs more than the rest together.
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

/** Makes an answer of a result as Yoga does, on all that it uses of the Fetch API. */
export function resultAnswer(result: ExecutionResult, mediaType: ResponseMediaType): Answer {
  return processRegularResult(result, fetchApi, mediaType) as unknown as Answer
}

/** One object for all answers that have their media type as the only header, by that. */
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
    // As a Response does: with any of these a client would wait for another answer, or read no body.
    if (!(status >= 200 && status <= 599) || bodilessStatuses.has(status)) {
      throw new RangeError(`${status} is no status for a GraphQL answer.`)
    }
    this.body = body ?? ''
    this.status = status
    const [name, another] = Object.keys(headers)
    const usual = another === undefined ? usualHeaders.get(headers[name ?? '']) : undefined
    this.headers = usual ?? inLowerCase(headers)
  }
}

const bodilessStatuses = new Set([204, 205, 304])

/** Plugins name headers in any case; of one that comes several times the last counts. */
function inLowerCase(headers: Answer['headers']): Answer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

const fetchApi = { Response: PlainResponse } as unknown as FetchAPI

import type { ExecutionResult, GraphQLError } from 'graphql'
import { type FetchAPI, processRegularResult } from 'graphql-yoga'
import type { Answer } from '../yoga/error-answer.ts'
import { acceptedMediaType, responseMediaTypes } from '../yoga/media-types.ts'
import { completeErrors, maskError } from '../yoga/use-error-answers.ts'
import type { Admission } from './graphql-admission.ts'
import { readParameters } from './graphql-parameters.ts'
import type { RequestContext } from './request-context.ts'
import type { ServerContext, YogaServer } from './yoga-server.ts'

/** What was posted by a request that was admitted. */
export interface Posted {
  readonly body: string
  /** The header. */
  readonly accept: string | null
  /** As plugins and resolvers are shown it. */
  readonly request: Request
}

/**
 * GraphQL for who has what was posted but no fetch Request and Response, which cost more than the rest
 * of the way together. The same Yoga, with its plugins, hooks and errors, but for hooks on requests
 * and responses.
 */
export interface DirectGraphQL {
  /** To be asked first. */
  readonly admit: Admission
  answer(posted: Posted, context: RequestContext): Answer | Promise<Answer>
  /** When something broke outside of any operation. */
  failed(cause: unknown, context: RequestContext, accept: string | null): Answer
}

export interface DirectGraphQLParts extends Pick<DirectGraphQL, 'admit' | 'failed'> {
  readonly yoga: YogaServer
  readonly onBug: (cause: unknown, requestId: string) => void
  readonly onOutage: (reason: string, requestId: string) => void
}

export function createDirectGraphQL(parts: DirectGraphQLParts): DirectGraphQL {
  const { yoga, admit, onBug, onOutage, failed } = parts
  const listeners = { onBug, onOutage }

  function answer({ body, accept, request }: Posted, context: RequestContext) {
    const finish = (result: ExecutionResult): Answer => {
      completeErrors(result, context.requestId, listeners)
      return toAnswer(result, acceptedMediaType(accept) ?? 'application/json')
    }
    const fail = (error: unknown) => finish({ errors: [maskError(error, '') as GraphQLError] })
    const serverContext = context as ServerContext & { waitUntil?: YogaServer['waitUntil'] }
    serverContext.waitUntil = yoga.waitUntil
    try {
      const params = readParameters(body)
      const result = yoga.getResultForParams({ params, request }, serverContext)
      return result instanceof Promise
        ? result.then((settled) => finish(settled as ExecutionResult)).catch(fail)
        : finish(result as ExecutionResult)
    } catch (error) {
      return fail(error)
    }
  }
  return { admit, answer, failed }
}

/** Yoga's own way to make an answer of a result, on all that it uses of the Fetch API. */
function toAnswer(result: ExecutionResult, mediaType: string): Answer {
  return processRegularResult(result, plain, mediaType) as unknown as Answer
}

/** One object for all answers that tell their media type alone, by that. */
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
    this.body = body ?? ''
    this.status = status
    const [name, another] = Object.keys(headers)
    this.headers = (another === undefined && usualHeaders.get(headers[name ?? ''])) || headers
  }
}

const plain = { Response: PlainResponse } as unknown as FetchAPI

import type { GraphQLError } from 'graphql'
import type { FetchAPI } from 'graphql-yoga'
import { acceptedMediaType, type ResponseMediaType } from '../graphql/media-types.ts'
import { memoizeWeak } from '../memoize-weak.ts'

/** An HTTP answer with its own headers, independent of the kind of server that sends it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const cachedAnswersOf = memoizeWeak((_error: GraphQLError) => new Map<ResponseMediaType, Answer>())

/**
 * Makes an answer with status and headers from `extensions.http` and the rest of the error as the body.
 * Cached by the error.
 */
export function errorAnswer(error: GraphQLError, accept: string | null): Answer {
  const mediaType = acceptedMediaType(accept) ?? 'application/json'
  const cached = cachedAnswersOf(error)
  let answer = cached.get(mediaType)
  if (answer === undefined) {
    answer = makeAnswer(error, mediaType)
    cached.set(mediaType, answer)
  }
  return answer
}

function makeAnswer({ message, extensions }: GraphQLError, mediaType: ResponseMediaType) {
  const { http, ...publicExtensions } = extensions as {
    http?: { status?: number; headers?: Record<string, string> }
  }
  return {
    status: http?.status ?? 500,
    headers: { 'content-type': `${mediaType}; charset=utf-8`, ...http?.headers },
    body: JSON.stringify({ errors: [{ message, extensions: publicExtensions }] }),
  }
}

/**
 * @param fetchAPI the implementation of Response. Yoga's own takes a fraction of the time of Node's, the
 * default
 */
export function toResponse(
  answer: Answer,
  fetchAPI: Pick<FetchAPI, 'Response'> = globalThis,
): Response {
  return new fetchAPI.Response(answer.body || null, responseInitOf(answer))
}

const responseInitOf = memoizeWeak(({ status, headers, body }: Answer) => ({
  status,
  headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
}))

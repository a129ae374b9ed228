import type { GraphQLError } from 'graphql'
import { acceptedMediaType, type ResponseMediaType } from './media-types.ts'

/** A whole request refused, before it became an answer of some kind. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const answers = new WeakMap<GraphQLError, Map<ResponseMediaType, ErrorAnswer>>()

/** Status and headers from `extensions.http`, the rest as the body. Remembered with the error. */
export function errorAnswer(error: GraphQLError, accept: string | null): ErrorAnswer {
  const mediaType = acceptedMediaType(accept) ?? 'application/json'
  let ofError = answers.get(error)
  if (ofError === undefined) {
    ofError = new Map()
    answers.set(error, ofError)
  }
  let answer = ofError.get(mediaType)
  if (answer === undefined) {
    answer = makeAnswer(error, mediaType)
    ofError.set(mediaType, answer)
  }
  return answer
}

function makeAnswer({ message, extensions }: GraphQLError, mediaType: ResponseMediaType) {
  const { http, ...told } = extensions as {
    http?: { status?: number; headers?: Record<string, string> }
  }
  return {
    status: http?.status ?? 500,
    headers: { 'content-type': `${mediaType}; charset=utf-8`, ...http?.headers },
    body: JSON.stringify({ errors: [{ message, extensions: told }] }),
  }
}

export function toResponse({ status, headers, body }: ErrorAnswer): Response {
  const length = String(new TextEncoder().encode(body).length)
  return new Response(body, { status, headers: { ...headers, 'content-length': length } })
}

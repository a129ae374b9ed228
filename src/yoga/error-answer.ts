import type { GraphQLError } from 'graphql'
import { acceptedMediaType } from './media-types.ts'

/** A whole request refused, before it became an answer of some kind. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Status and headers from `extensions.http`, the rest as the body. */
export function errorAnswer(error: GraphQLError, accept: string | null): ErrorAnswer {
  const { http, ...extensions } = error.extensions as {
    http?: { status?: number; headers?: Record<string, string> }
  }
  return {
    status: http?.status ?? 500,
    headers: {
      'content-type': `${acceptedMediaType(accept) ?? 'application/json'}; charset=utf-8`,
      ...http?.headers,
    },
    body: JSON.stringify({ errors: [{ message: error.message, extensions }] }),
  }
}

export function toResponse({ status, headers, body }: ErrorAnswer): Response {
  const length = String(new TextEncoder().encode(body).length)
  return new Response(body, { status, headers: { ...headers, 'content-length': length } })
}

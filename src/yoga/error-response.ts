import type { GraphQLError } from 'graphql'

const mediaTypes = ['application/graphql-response+json', 'application/json'] as const

/**
 * The media type that an answer made without Yoga takes: the first of the two that `accept` names,
 * `application/json` where it names neither (GraphQL over HTTP, §6.1).
 */
export function responseMediaType(accept: string | null): (typeof mediaTypes)[number] {
  for (const range of (accept ?? '').split(',')) {
    const name = range.split(';', 1)[0]?.trim().toLowerCase()
    const match = mediaTypes.find((type) => type === name)
    if (match !== undefined) return match
  }
  return 'application/json'
}

/** A whole request refused: status and headers from `extensions.http`, the rest as the body. */
export function errorResponse(error: GraphQLError, accept: string | null): Response {
  const { http, ...extensions } = error.extensions as {
    http?: { status?: number; headers?: Record<string, string> }
  }
  return new Response(JSON.stringify({ errors: [{ message: error.message, extensions }] }), {
    status: http?.status ?? 500,
    headers: {
      'content-type': `${responseMediaType(accept)}; charset=utf-8`,
      ...http?.headers,
    },
  })
}

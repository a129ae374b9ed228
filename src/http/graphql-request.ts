import { GraphQLError } from 'graphql'
import { acceptedMediaType, responseMediaTypes } from '../graphql/media-types.ts'
import { bodyFault } from './body-fault.ts'
import type { HttpRequest } from './endpoint.ts'

/** Checks a request before its credential is read. Returns the reason of a refusal, or `null`. */
export function requestFault(request: HttpRequest): GraphQLError | null {
  const { method } = request
  if (method === 'GET') return acceptFault(request)
  if (method === 'POST') return mediaTypeFault(request) ?? acceptFault(request)
  return new GraphQLError('Use GET or POST.', {
    extensions: {
      code: 'METHOD_NOT_ALLOWED',
      http: { status: 405, headers: { allow: 'GET, POST' } },
    },
  })
}

/**
 * Accepts a POST only as JSON and without a content encoding. A page of another origin can send forms and
 * plain text without a CORS preflight.
 */
function mediaTypeFault(request: HttpRequest): GraphQLError | null {
  const fault = bodyFault(request, 'application/json')
  if (fault === null) return null
  return new GraphQLError(fault.detail, {
    extensions: { code: 'UNSUPPORTED_MEDIA_TYPE', http: { status: 415, headers: fault.headers } },
  })
}

const streamMediaType = 'text/event-stream'

/**
 * Returns whether a request wants its answer as server-sent events: a POST that accepts them, and no other media
 * type of answers. Some clients also accept them for queries, which are then answered as JSON.
 */
export function isForStream(request: HttpRequest): boolean {
  const accept = request.header('accept')
  if (request.method !== 'POST' || accept?.toLowerCase().includes(streamMediaType) !== true) {
    return false
  }
  return acceptedMediaType(accept) === null
}

function acceptFault(request: HttpRequest): GraphQLError | null {
  if (acceptedMediaType(request.header('accept')) !== null || isForStream(request)) return null
  return new GraphQLError(`Accept ${responseMediaTypes.join(' or ')}.`, {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  })
}

import { GraphQLError } from 'graphql'
import { acceptedMediaType, responseMediaTypes } from '../yoga/media-types.ts'
import { acceptedCodings, encodedDetail, isEncoded } from './content-coding.ts'
import type { HttpRequest } from './endpoint.ts'

/** Why a request is refused before its credential is looked at; `null` where it is not. */
export function requestFault(request: HttpRequest): GraphQLError | null {
  return methodFault(request) ?? mediaTypeFault(request) ?? acceptFault(request)
}

function methodFault({ method }: HttpRequest): GraphQLError | null {
  if (method === 'POST' || method === 'GET') return null
  return new GraphQLError('Use GET or POST.', {
    extensions: {
      code: 'METHOD_NOT_ALLOWED',
      http: { status: 405, headers: { allow: 'GET, POST' } },
    },
  })
}

/**
 * A POST is read as JSON only, and as it is. Forms and plain text are what a page elsewhere can make a
 * browser send without asking first.
 */
function mediaTypeFault({ method, header }: HttpRequest): GraphQLError | null {
  if (method !== 'POST') return null
  const type = header('content-type')
  // The case of a media type means nothing (RFC 9110 §8.3.1).
  const isJson =
    type === 'application/json' ||
    type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
  if (!isJson) {
    return unsupported('Send the request as application/json.', {
      'accept-post': 'application/json',
    })
  }
  return isEncoded(header('content-encoding')) ? unsupported(encodedDetail, acceptedCodings) : null
}

function unsupported(message: string, headers: Readonly<Record<string, string>>): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'UNSUPPORTED_MEDIA_TYPE', http: { status: 415, headers } },
  })
}

function acceptFault({ header }: HttpRequest): GraphQLError | null {
  if (acceptedMediaType(header('accept')) !== null) return null
  return new GraphQLError(`Accept ${responseMediaTypes.join(' or ')}.`, {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  })
}

import { GraphQLError } from 'graphql'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { acceptedMediaType, responseMediaTypes } from '../yoga/media-types.ts'
import type { RequestGate } from '../yoga/request-gate.ts'
import type { RequestContext } from './request-context.ts'

/** What is known of a request before its body is read. */
export interface AskedRequest extends CredentialCarrier {
  readonly method: string
}

/**
 * @param request what the principal is remembered by
 * @returns why the request is refused; `null` where its body may be read
 */
export type Admission = (
  asked: AskedRequest,
  request: object,
  context: RequestContext,
) => GraphQLError | null | Promise<GraphQLError | null>

/** What every request for the GraphQL path must pass, whichever way it is answered. */
export function createAdmission(gate: RequestGate): Admission {
  return (asked, request, context) =>
    mediaTypeFault(asked) ?? acceptFault(asked) ?? gate.admit(request, asked, context)
}

/**
 * A POST is read as JSON only. Forms and plain text are what a page elsewhere can make a browser send
 * without asking first.
 */
function mediaTypeFault({ method, header }: AskedRequest): GraphQLError | null {
  if (method !== 'POST') return null
  const type = header('content-type')
  // The case of a media type means nothing (RFC 9110 §8.3.1).
  if (type === 'application/json') return null
  if (type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json') return null
  return new GraphQLError('Send the request as application/json.', {
    extensions: {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      http: { status: 415, headers: { 'accept-post': 'application/json' } },
    },
  })
}

function acceptFault({ header }: AskedRequest): GraphQLError | null {
  if (acceptedMediaType(header('accept')) !== null) return null
  return new GraphQLError(`Accept ${responseMediaTypes.join(' or ')}.`, {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  })
}

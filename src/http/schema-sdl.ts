import type { Admission } from '../admission/admission.ts'
import { UnauthenticatedError } from '../errors.ts'
import { fetchRequest } from './fetch-request.ts'
import type { RequestContext } from './request-context.ts'

export interface SchemaSdlParts {
  readonly sdl: string
  readonly admission: Admission<RequestContext>
  /** Whether anonymous callers may read it. */
  readonly publicIntrospection: boolean
}

/** Creates the endpoint that answers with the schema as SDL. */
export function createSchemaSdl(parts: SchemaSdlParts) {
  const { sdl, admission, publicIntrospection } = parts
  const body = () => new Response(sdl, { headers: { 'content-type': 'text/plain; charset=utf-8' } })

  return async (request: Request, context: RequestContext): Promise<Response> => {
    if (publicIntrospection) return body()
    const refusal = await admission.admit(
      context.admission,
      fetchRequest(request, context),
      context,
    )
    if (refusal !== null) return refusal.toResponse()
    if (context.admission.principal === null) return new UnauthenticatedError().toResponse()
    const response = body()
    response.headers.set('cache-control', 'private, no-cache')
    return response
  }
}

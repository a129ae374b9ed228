import { BodyTooLargeError, type GraphQLRequest } from './graphql-request.ts'

/** A request for GraphQL of a fetch Request. */
export function fetchGraphQLRequest(request: Request): GraphQLRequest {
  const { method, url, headers } = request
  const { search, searchParams } = new URL(url)
  return {
    method,
    search,
    shown: request,
    header: (name) => headers.get(name),
    queryParameters: (name) => searchParams.getAll(name),
    readBody: (maxBytes) => readText(request, maxBytes),
  }
}

/** Bytes are counted as they come: a length may be missing or wrong. */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    throw new BodyTooLargeError(maxBytes)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  // Not cancelled where it is too long: that would close the connection before the answer is out.
  const reader = request.body?.getReader()
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.byteLength
    if (length > maxBytes) throw new BodyTooLargeError(maxBytes)
    chunks.push(part.value)
  }
  return Buffer.concat(chunks).toString()
}

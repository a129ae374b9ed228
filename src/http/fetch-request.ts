import { BodyTooLargeError, decodeBody, type HttpRequest, UnreadableBodyError } from './endpoint.ts'
import type { RequestContext } from './request-context.ts'

/** Adapts a fetch Request. @param context of the same request, for the address of the client. Default: unknown */
export function fetchRequest(
  request: Request,
  context?: Pick<RequestContext, 'clientAddress'>,
): HttpRequest {
  const { method, url, headers } = request
  const { pathname, search, searchParams } = new URL(url)
  return {
    method,
    target: pathname + search,
    isTargetRaw: false,
    shown: request,
    header: (name) => headers.get(name),
    clientAddress: () => context?.clientAddress() ?? null,
    queryParameters: (name) => searchParams.getAll(name),
    readBody: (maxBytes) => readText(request, maxBytes),
  }
}

/** Counts the bytes as they arrive, because `Content-Length` may be missing or wrong. */
async function readText({ headers, body }: Request, maxBytes: number): Promise<string> {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw new BodyTooLargeError()
  const chunks: Uint8Array[] = []
  let length = 0
  // The reader is not cancelled if the body is too long: that would close the connection before the answer is
  // sent.
  const reader = body?.getReader()
  const read = () =>
    reader?.read().catch((cause: unknown) => {
      throw new UnreadableBodyError('The client has sent only a part of the body.', { cause })
    })
  for (let part = await read(); part?.value !== undefined; part = await read()) {
    length += part.value.byteLength
    if (length > maxBytes) throw new BodyTooLargeError()
    chunks.push(part.value)
  }
  return decodeBody(Buffer.concat(chunks))
}

import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import {
  mayHaveDroppedHeaders,
  type RawHeaders,
  repeatedHeader,
} from '../credentials/raw-headers.ts'
import { InvalidRequestError } from '../errors.ts'

/** A request of Node's HTTP server, or of a framework that extends it, such as Express. */
export interface NodeRequest extends RawHeaders {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly method?: string | undefined
  /** Path and query. */
  readonly url?: string | undefined
  /** Path and query before a router removed the beginning of the path. */
  readonly originalUrl?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
}

/**
 * A fetch Request, a request of Node, a framework's request with one of them as `raw` (Fastify, Hono), or the
 * context of Mercurius.
 */
export type GuardRequest =
  | Request
  | NodeRequest
  | { readonly raw: Request | NodeRequest }
  | { readonly reply: { readonly request: { readonly raw: NodeRequest } } }

/** The request may lack headers, because Node drops those after the 1000th. */
export class TooManyHeadersError extends InvalidRequestError {
  constructor() {
    super('The request has too many headers.')
  }

  override get status(): number {
    return 431
  }

  override get headers(): Readonly<Record<string, string>> {
    return {}
  }
}

/** @throws TypeError if `request` is not a request */
export function plainRequest(request: GuardRequest): Request | NodeRequest {
  const plain = requestIn(request)
  if (plain !== null) return plain
  throw new TypeError(
    'Call the guard with a fetch Request, or with the request of a server on Node.',
  )
}

/** Returns the request that `value` is or has as `raw` or `reply.request.raw`; `null`: it has no request. */
export function requestIn(value: unknown): Request | NodeRequest | null {
  if (typeof value !== 'object' || value === null) return null
  if (isNodeRequest(value) || isFetchRequest(value)) return value
  const { raw, reply } = value as { raw?: unknown; reply?: { request?: { raw?: unknown } } | null }
  if (isNodeRequest(raw) || isFetchRequest(raw)) return raw
  const replied = reply?.request?.raw
  return isNodeRequest(replied) ? replied : null
}

export function isNodeRequest(request: unknown): request is NodeRequest {
  return Array.isArray((request as Partial<NodeRequest> | null | undefined)?.rawHeaders)
}

function isFetchRequest(request: unknown): request is Request {
  const { headers } = (request ?? {}) as { headers?: Partial<Headers> }
  return typeof headers?.get === 'function'
}

/**
 * @param clientAddress returns the address of the client. Default: unknown
 * @throws TooManyHeadersError if headers may be missing
 */
export function carrierOf(
  request: Request | NodeRequest,
  clientAddress: () => string | null = unknownAddress,
): CredentialCarrier {
  if (!isNodeRequest(request)) return new FetchCarrier(request, clientAddress)
  if (mayHaveDroppedHeaders(request)) throw new TooManyHeadersError()
  return new NodeCarrier(request, clientAddress)
}

const unknownAddress = () => null

class FetchCarrier implements CredentialCarrier {
  readonly #request: Request
  readonly clientAddress: () => string | null

  constructor(request: Request, clientAddress: () => string | null) {
    this.#request = request
    this.clientAddress = clientAddress
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | null {
    return this.#request.headers.get(name)
  }

  queryParameters(name: string): string[] {
    return new URL(this.#request.url).searchParams.getAll(name)
  }
}

class NodeCarrier implements CredentialCarrier {
  readonly #request: NodeRequest
  readonly clientAddress: () => string | null

  constructor(request: NodeRequest, clientAddress: () => string | null) {
    this.#request = request
    this.clientAddress = clientAddress
  }

  get method(): string | undefined {
    return this.#request.method
  }

  /** A header that the application has removed stays so. */
  header(name: string): string | null {
    const value = this.#request.headers[name]
    if (value === undefined) return null
    const joined = typeof value === 'string' ? value : value.join(', ')
    return repeatedHeader(this.#request, name) ?? joined
  }

  queryParameters(name: string): string[] {
    const { originalUrl, url } = this.#request
    const target = originalUrl ?? url ?? ''
    const start = target.indexOf('?')
    return new URLSearchParams(start < 0 ? '' : target.slice(start)).getAll(name)
  }
}

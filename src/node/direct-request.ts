import type { IncomingMessage, ServerResponse } from 'node:http'
import { BodyTooLargeError, decodeBody, type HttpRequest } from '../http/endpoint.ts'
import type { RequestContext } from '../http/request-context.ts'
import { headerOf } from './node-listener.ts'
import { RequestView } from './request-view.ts'

/** Adapts a request of Node's server. Its parts are created when they are first read, because most are not. */
export class DirectRequest implements HttpRequest {
  readonly method: string
  readonly target: string
  // A URL parser would change `/auth/verify/../graphql`, whose second half a client wrote, to another
  // path of this server.
  readonly isTargetRaw = true
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  /** The connection of the request; set after the request is made. */
  connection: Pick<RequestContext, 'clientAddress'> | null = null
  #shown: Request | null = null

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.method = message.method ?? ''
    this.target = message.url ?? ''
    this.#message = message
    this.#response = response
  }

  get shown(): Request {
    this.#shown ??= new RequestView(this.#message, this.#response) as unknown as Request
    return this.#shown
  }

  header(name: string): string | null {
    return headerOf(this.#message, name)
  }

  clientAddress(): string | null {
    return this.connection?.clientAddress() ?? null
  }

  queryParameters(name: string): readonly string[] {
    const start = this.target.indexOf('?')
    return start < 0 ? none : new URLSearchParams(this.target.slice(start)).getAll(name)
  }

  /** Never settles if the client disconnects before it has sent the whole body. */
  readBody(maxBytes: number): Promise<string> {
    const message = this.#message
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let length = 0
      const add = (chunk: Buffer): void => {
        length += chunk.length
        if (length > maxBytes) {
          message.off('data', add)
          reject(new BodyTooLargeError())
        } else chunks.push(chunk)
      }
      if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
        reject(new BodyTooLargeError())
        return
      }
      message.on('data', add)
      message.on('end', () => {
        const [only] = chunks
        const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
        try {
          resolve(decodeBody(bytes))
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}

const none: readonly string[] = []

import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A request of Node's server for plugins and resolvers, with the members of `Request`. Each is created when
 * it is first read. The body counts as read.
 */
export class RequestView implements Pick<Request, 'method' | 'url' | 'headers' | 'signal'> {
  readonly body = null
  readonly bodyUsed = true
  readonly method: string
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  #headers: Headers | null = null
  #signal: AbortSignal | null = null

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.method = message.method ?? ''
    this.#message = message
    this.#response = response
  }

  get url(): string {
    const { headers, url } = this.#message
    return `http://${headers.host ?? 'localhost'}${url}`
  }

  get headers(): Headers {
    this.#headers ??= new Headers(
      Object.entries(this.#message.headers).map(([name, value]) => [name, String(value)]),
    )
    return this.#headers
  }

  /** Aborted if the client disconnects before the request is answered. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#message, this.#response)
    return this.#signal
  }
}

function signalOf({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (response.writableFinished) return controller.signal
  if (socket.destroyed) abort()
  // The connection may outlive the request and have many more requests.
  socket.once('close', abort)
  response.once('finish', () => socket.off('close', abort))
  return controller.signal
}

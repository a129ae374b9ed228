import type { IncomingMessage } from 'node:http'

/**
 * A request whose body was read already, as plugins and resolvers may look at it: what `Request` has,
 * made only when it is asked for.
 */
export class PostedRequest implements Pick<Request, 'method' | 'url' | 'headers' | 'signal'> {
  readonly method = 'POST'
  readonly body = null
  readonly bodyUsed = true
  readonly #message: IncomingMessage
  #headers: Headers | null = null
  #signal: AbortSignal | null = null

  constructor(message: IncomingMessage) {
    this.#message = message
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

  /** Aborted when the client goes before it is answered. */
  get signal(): AbortSignal {
    if (this.#signal === null) {
      const controller = new AbortController()
      this.#message.socket.once('close', () => controller.abort())
      this.#signal = controller.signal
    }
    return this.#signal
  }
}

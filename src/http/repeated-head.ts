import type { ServerResponse } from 'node:http'

/** What a response of Node keeps its head in until it is sent. */
interface Kept {
  _header?: unknown
}

/** A head that Node wrote, around the values that change. */
interface Learned {
  readonly before: string
  readonly between: string
  readonly after: string
}

/**
 * The head of an answer that is given again and again. Node looks at each name and each value of it
 * every time, which takes an eighth of the time of a small answer; here it writes the first two of each
 * second, and what it wrote is sent again, but for two values.
 *
 * That relies on where Node keeps a head that it has written. Should it be elsewhere one day, Node
 * writes each, as it does where the connection is to be closed.
 */
export class RepeatedHead {
  readonly #status: number
  readonly #lines: readonly string[]
  #learned: Learned | null = null
  /** The last one that came, since the epoch: a head tells the date. */
  #second = 0

  /** @param lines names and values in turn, but for the two that `write` is given */
  constructor(status: number, lines: readonly string[]) {
    this.#status = status
    this.#lines = lines
  }

  /** @param requestId in characters that a header may have */
  write(response: ServerResponse, requestId: string, contentLength: number): void {
    const second = Math.floor(Date.now() / 1000)
    const again = second === this.#second
    if (!again) {
      this.#second = second
      this.#learned = null
    }
    const learned = this.#learned
    if (response.shouldKeepAlive && learned !== null) {
      const { before, between, after } = learned
      response.statusCode = this.#status
      ;(response as Kept)._header = before + requestId + between + contentLength + after
      return
    }
    const varying = ['x-request-id', requestId, 'content-length', String(contentLength)]
    response.writeHead(this.#status, [...this.#lines, ...varying])
    // Many are given but once, and nothing is learnt of those.
    if (response.shouldKeepAlive && again) this.#learned = learn(response, requestId, contentLength)
  }
}

/** `null` where what Node wrote is not to be found. */
function learn(response: ServerResponse, requestId: string, contentLength: number): Learned | null {
  const kept = Object.getOwnPropertyDescriptor(response, '_header')
  if (kept?.writable !== true || typeof kept.value !== 'string') return null
  const [name, between] = ['x-request-id: ', '\r\ncontent-length: ']
  const parts = kept.value.split(`${name}${requestId}${between}${contentLength}`)
  const [before, after] = parts
  if (before === undefined || after === undefined || parts.length > 2) return null
  return { before: before + name, between, after }
}

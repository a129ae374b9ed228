import { type IncomingMessage, ServerResponse } from 'node:http'

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
 * The responses of a server that nobody but this program writes to, and all of whose connections are
 * kept open alike: those of other servers may have headers, or a `writeHead`, that are their own.
 */
export class OwnResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {}

/** Writing these changes more of a response than its head, or they are Node's to write. */
const decisive = /^(connection|keep-alive|transfer-encoding|trailer|date|content-length)$/i

/**
 * The head of an answer that is given again and again. Node looks at each name and each value of it
 * every time, which takes an eighth of the time of a small answer; here it writes the first two of each
 * second, and what it wrote is sent again, but for two values.
 *
 * That relies on where Node keeps a head that it has written, and on its doing nothing else for one
 * like these. Should it be kept elsewhere one day, Node writes each, as it does where the connection is
 * to be closed and where the response is not an `OwnResponse`.
 */
export class RepeatedHead {
  readonly #status: number
  readonly #lines: readonly string[]
  readonly #isPlain: boolean
  #learned: Learned | null = null
  readonly #secondNow: () => number
  /** In which the last head was written: a head tells the date. */
  #second = 0

  /**
   * @param lines names and values in turn, but for the two that `write` is given
   * @param secondNow since the epoch
   */
  constructor(status: number, lines: readonly string[], secondNow = currentSecond) {
    this.#status = status
    this.#lines = lines
    this.#secondNow = secondNow
    const hasBody = status >= 200 && status !== 204 && status !== 304
    this.#isPlain = hasBody && !lines.some((name, n) => n % 2 === 0 && decisive.test(name))
  }

  /** @param requestId in characters that a header may have */
  write(response: ServerResponse, requestId: string, contentLength: number): void {
    const second = this.#secondNow()
    const again = second === this.#second
    if (!again) {
      this.#second = second
      this.#learned = null
    }
    const mayRepeat = response instanceof OwnResponse && response.shouldKeepAlive
    const learned = this.#learned
    if (mayRepeat && learned !== null && !response.headersSent) {
      const { before, between, after } = learned
      response.statusCode = this.#status
      ;(response as Kept)._header = before + requestId + between + contentLength + after
      return
    }
    const varying = ['x-request-id', requestId, 'content-length', String(contentLength)]
    response.writeHead(this.#status, [...this.#lines, ...varying])
    // Many are given but once, and nothing is learnt of those.
    if (mayRepeat && again && this.#isPlain) {
      this.#learned = learn(response, requestId, contentLength, second)
    }
  }
}

let lookedUp: number | null = null

/** Since the epoch; looked up once in each, as Node does for the date in its own heads. */
export function currentSecond(): number {
  if (lookedUp === null) {
    const now = Date.now()
    lookedUp = Math.floor(now / 1000)
    setTimeout(forgetSecond, 1000 - (now % 1000)).unref()
  }
  return lookedUp
}

function forgetSecond(): void {
  lookedUp = null
}

/** `null` where what Node wrote is not to be found, or it still tells the date of the second before. */
function learn(
  response: ServerResponse,
  requestId: string,
  contentLength: number,
  second: number,
): Learned | null {
  const kept = Object.getOwnPropertyDescriptor(response, '_header')
  if (kept?.writable !== true || typeof kept.value !== 'string') return null
  if (!kept.value.includes(`\r\nDate: ${new Date(second * 1000).toUTCString()}\r\n`)) return null
  const [name, between] = ['x-request-id: ', '\r\ncontent-length: ']
  const parts = kept.value.split(`${name}${requestId}${between}${contentLength}`)
  const [before, after] = parts
  if (before === undefined || after === undefined || parts.length > 2) return null
  return { before: before + name, between, after }
}

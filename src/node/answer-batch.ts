import type { ServerResponse } from 'node:http'

/** Writes the body of a response whose head is already written, and ends it. */
export type SendBody = (response: ServerResponse, body: string, encoding: 'latin1' | 'utf8') => void

interface Ready {
  readonly response: ServerResponse
  readonly body: string
  readonly encoding: 'latin1' | 'utf8'
}

/** The `add` function of every batch. */
const batchSenders = new WeakSet<object>()

/**
 * Returns whether `send` belongs to a batch. A framework passes other functions in its place, such as `next`.
 */
export function isBatchSend(send: unknown): send is SendBody {
  return typeof send === 'function' && batchSenders.has(send)
}

/** The maximum time that a ready answer waits while other requests are handled, in milliseconds. */
const maxWaitMs = 1

export const sendAtOnce: SendBody = (response, body, encoding) => {
  if (body !== '' && !response.destroyed) {
    // `end(body)` would write a second, empty chunk to the socket, so that Node gathers both into one write.
    const { socket } = response
    socket?.cork()
    response.write(body, encoding)
    socket?.uncork()
  }
  response.end()
}

/**
 * Collects the answers of one server that become ready in one turn of the event loop, and sends them
 * together at its end. A client with many connections then wakes up once for many answers, and this process
 * reads many requests before it writes. Together this saves a third of the time of a small answer.
 */
export class AnswerBatch {
  #ready: Ready[] = []
  /** The time when the first of them became ready, by `performance.now()`. */
  #since = 0

  constructor() {
    batchSenders.add(this.add)
  }

  readonly add: SendBody = (response, body, encoding) => {
    const now = performance.now()
    if (this.#ready.length === 0) {
      setImmediate(this.send)
      this.#since = now
    }
    this.#ready.push({ response, body, encoding })
    if (now - this.#since > maxWaitMs) this.send()
  }

  /** Call this before more work in the same turn: a ready answer then waits for at most one request. */
  sendOverdue(): void {
    if (this.#ready.length > 0 && performance.now() - this.#since > maxWaitMs) this.send()
  }

  /** Call this before anything else is written to a connection, which may have a ready answer. */
  readonly send = (): void => {
    const all = this.#ready
    this.#ready = []
    for (const { response, body, encoding } of all) sendAtOnce(response, body, encoding)
  }
}

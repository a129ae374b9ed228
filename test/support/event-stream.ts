/** A reader of server-sent events of a subscription (GraphQL over SSE, distinct connections mode). */
export interface ResultReader {
  /** Returns the next result; `null` after the stream is complete. */
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into it
  next(): Promise<any>
  /** Disconnects. */
  leave(): Promise<void>
  /** All text that was read. */
  readonly text: string
}

export function readResults(response: Response): ResultReader {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let all = ''
  return {
    async next() {
      for (;;) {
        const event = /^event: (\w+)\ndata:(.*)\n\n/m.exec(rest)
        if (event !== null) {
          rest = rest.slice(event.index + event[0].length)
          return event[1] === 'complete' ? null : JSON.parse(event[2] ?? '')
        }
        const { value, done } = await reader.read()
        if (done) throw new Error(`It ended in the middle: ${rest}`)
        const text = decoder.decode(value, { stream: true })
        rest += text
        all += text
      }
    },
    async leave() {
      // Without a read, the stream of Yoga does not notice that its reader has left.
      if (all === '') await reader.read()
      await reader.cancel()
    },
    get text() {
      return all
    },
  }
}

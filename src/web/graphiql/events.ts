import type { ExecutionResult } from 'graphql'

/**
 * Reads the results from a stream of Server-Sent Events, until the event `complete`. `return()` of the
 * iterator aborts the request at once, and does not wait for the next event.
 */
export function readEvents(
  body: ReadableStream<Uint8Array>,
  abort: AbortController,
): AsyncIterableIterator<ExecutionResult> {
  const results = resultsOf(body, abort.signal)
  return {
    next: () => results.next(),
    return() {
      abort.abort()
      return results.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function* resultsOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<ExecutionResult, undefined, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      const events = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      text = events.pop() ?? ''
      for (const event of events) {
        if (/^event: ?complete$/m.test(event)) return
        const data = dataOf(event)
        if (data !== '') yield JSON.parse(data)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    // The request may have failed already.
    reader.cancel().catch(() => {})
  }
}

/** Returns the data of an event; empty for comments, which keep a connection open. */
function dataOf(event: string): string {
  return [...event.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n')
}

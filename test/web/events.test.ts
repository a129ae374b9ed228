import { parse } from 'graphql'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readEvents } from '../../src/web/graphiql/events.ts'
import { createFetcher } from '../../src/web/graphiql/fetcher.ts'

/** Returns a stream of these chunks that stays open. */
function streamOf(...chunks: string[]) {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
    },
  })
}

describe('a stream of Server-Sent Events', () => {
  it('is read event by event, however it is divided, until it is complete', async () => {
    const text =
      ': keep open\n\nevent: next\ndata: {"data":{"n":1}}\n\nevent: next\r\ndata: {"data":{"n":"é"}}\r\n\r\nevent: complete\ndata:\n\n'
    for (const size of [1, 7, 1000]) {
      const bytes = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      const results = []
      for await (const result of readEvents(streamOf(...bytes), new AbortController())) {
        results.push(result)
      }
      expect(results).toEqual([{ data: { n: 1 } }, { data: { n: 'é' } }])
    }
  })

  it('is aborted at once, while no event arrives', async () => {
    const abort = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        abort.signal.addEventListener('abort', () => controller.error(abort.signal.reason))
      },
    })
    const results = readEvents(body, abort)
    const next = results.next()
    await results.return?.()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it('passes on that the connection broke', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new TypeError('network error')),
    })
    await expect(readEvents(body, new AbortController()).next()).rejects.toThrow('network error')
  })
})

describe("GraphiQL's requests", () => {
  afterEach(() => vi.unstubAllGlobals())

  async function sent(query: string, answer: Response, headers = {}) {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => answer)
    vi.stubGlobal('fetch', fetch)
    const documentAST = parse(query)
    const result = await createFetcher('/api/graphql')({ query }, { headers, documentAST })
    const [url, init] = fetch.mock.calls[0] ?? []
    return { url, result, headers: new Headers(init?.headers), body: init?.body }
  }

  it('are JSON with the headers of the person', async () => {
    const { url, result, headers, body } = await sent('{ a }', Response.json({ data: null }), {
      Authorization: 'Bearer x',
    })
    expect(url).toBe('/api/graphql')
    expect(result).toEqual({ data: null })
    expect(headers.get('authorization')).toBe('Bearer x')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('accept')).toMatch(/^application\/graphql-response\+json/)
    expect(JSON.parse(String(body))).toEqual({ query: '{ a }' })
  })

  it('carry the credential of the page unless the person entered one', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => Response.json({}))
    vi.stubGlobal('fetch', fetch)
    const fetcher = createFetcher('/graphql', () => ({ authorization: 'Bearer pasted' }))
    await fetcher({ query: '{ a }' })
    await fetcher({ query: '{ a }' }, { headers: { Authorization: 'Bearer entered' } })
    const sent = fetch.mock.calls.map(([, init]) => new Headers(init.headers).get('authorization'))
    expect(sent).toEqual(['Bearer pasted', 'Bearer entered'])
  })

  it('ask for events where the operation is a subscription', async () => {
    const events = new Response(
      'event: next\ndata: {"data":{"a":1}}\n\nevent: complete\ndata:\n\n',
      {
        headers: { 'content-type': 'text/event-stream' },
      },
    )
    const { result, headers } = await sent('subscription { a }', events)
    expect(headers.get('accept')).toMatch(/^text\/event-stream/)
    const results = []
    for await (const one of result as AsyncIterable<unknown>) results.push(one)
    expect(results).toEqual([{ data: { a: 1 } }])
    const refused = await sent('subscription { a }', Response.json({ errors: [] }))
    expect(refused.result).toEqual({ errors: [] })
  })
})

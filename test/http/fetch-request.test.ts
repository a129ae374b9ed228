import { describe, expect, it } from 'vitest'
import { BodyTooLargeError, UnreadableBodyError } from '../../src/http/endpoint.ts'
import { fetchRequest } from '../../src/http/fetch-request.ts'

/* The fetch adapter: the request that it passes on. Its answers are ordinary Responses. */

const url = 'http://latchkey.test/graphql'
const posted = (body: BodyInit | null, headers: [string, string][] = []) =>
  fetchRequest(new Request(url, { method: 'POST', body, headers, duplex: 'half' } as RequestInit))

/** A body of those parts, and whether it was cancelled. */
function streamOf(...parts: readonly Uint8Array[]) {
  const left = [...parts]
  const state = { pulled: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = left.shift()
        state.pulled++
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
      cancel() {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

describe('a request', () => {
  it.each([
    ['', ''],
    ['?query=%7Ba%7D&a=+%zz', '?query=%7Ba%7D&a=+%zz'],
    ['?a=/../b#fragment', '?a=/../b'],
  ])('%j is passed on with its query as a URL parser normalizes it', (target, search) => {
    for (const method of ['GET', 'HEAD', 'PUT']) {
      const request = fetchRequest(new Request(`${url}${target}`, { method }))
      expect(request).toMatchObject({ method, target: `/graphql${search}`, isTargetRaw: false })
    }
  })

  it('has the parameters of its query decoded, including repeated ones', () => {
    const { queryParameters } = fetchRequest(new Request(`${url}?k=a%20b&k=c`))
    expect([queryParameters('k'), queryParameters('other')]).toEqual([['a b', 'c'], []])
  })

  it('has its headers read by name, with all values of a repeated header', () => {
    const { header } = posted('x', [
      ['X-A', '1'],
      ['x-a', '2'],
      ['X-Empty', ''],
    ])
    expect([header('x-a'), header('x-empty'), header('x-none')]).toEqual(['1, 2', '', null])
  })

  it('is itself visible to plugins, with its own signal', () => {
    const controller = new AbortController()
    const request = new Request(url, { signal: controller.signal })
    const { shown } = fetchRequest(request)
    expect(shown).toBe(request)
    expect(shown.signal.aborted).toBe(false)
    controller.abort()
    expect(shown.signal.aborted).toBe(true)
  })
})

describe('a body', () => {
  const limit = 100

  it.each(['', 'a', 'ü 漢 🎉', '\u{feff}{}', 'a'.repeat(limit), 'ü'.repeat(limit / 2)])(
    'is read as UTF-8 unchanged: %j',
    async (body) => {
      const length: [string, string] = ['content-length', String(Buffer.byteLength(body))]
      for (const headers of [[], [length]]) {
        expect(await posted(body, headers).readBody(limit)).toBe(body)
      }
    },
  )

  it('is empty if the request has none', async () => {
    expect(await posted(null).readBody(limit)).toBe('')
  })

  it('is read in parts, which may split a character', async () => {
    const bytes = [...Buffer.from('ü 漢 🎉')].map((byte) => Uint8Array.of(byte))
    expect(await posted(streamOf(...bytes).stream).readBody(limit)).toBe('ü 漢 🎉')
  })

  it.each(['a'.repeat(limit + 1), 'ü'.repeat(limit / 2 + 1)])(
    'that has more bytes than the limit is refused, whatever length it states: %j',
    async (body) => {
      for (const headers of [[], [['content-length', '1']]] as [string, string][][]) {
        await expect(posted(body, headers).readBody(limit)).rejects.toThrow(BodyTooLargeError)
      }
    },
  )

  it('of a length above the limit is refused before any of it is read', async () => {
    const { stream, state } = streamOf(Buffer.from('x'))
    const request = posted(stream, [['content-length', String(limit + 1)]])
    await expect(request.readBody(limit)).rejects.toThrow(BodyTooLargeError)
    expect(state).toEqual({ pulled: 0, cancelled: false })
  })

  it('that turns out too large is not read further, and not cancelled', async () => {
    const part = Buffer.alloc(limit)
    const { stream, state } = streamOf(part, part, part, part)
    await expect(posted(stream).readBody(limit)).rejects.toThrow(BodyTooLargeError)
    expect(state).toEqual({ pulled: 2, cancelled: false })
  })

  it('that breaks off is an error of the client', async () => {
    const cause = new Error('gone')
    const stream = new ReadableStream({ pull: (controller) => controller.error(cause) })
    const error = await posted(stream)
      .readBody(limit)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UnreadableBodyError)
    expect(error).toMatchObject({ cause })
  })
})

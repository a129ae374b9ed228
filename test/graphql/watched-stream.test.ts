import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WatchedStream } from '../../src/graphql/watched-stream.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Makes a source that the test feeds. */
function createSource() {
  const waiting: ((value: IteratorResult<string, undefined>) => void)[] = []
  const source = {
    left: false,
    send: (value: string) => waiting.shift()?.({ done: false, value }),
    end: () => waiting.shift()?.({ done: true, value: undefined }),
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise<IteratorResult<string, undefined>>((resolve) => waiting.push(resolve)),
      return: async () => {
        source.left = true
        return { done: true as const, value: undefined }
      },
    }),
  }
  return source
}

function watch(expiresAt: () => number | null = () => null) {
  const source = createSource()
  const state: { end: string | null | Error; asked: number } = { end: null, asked: 0 }
  const stream = new WatchedStream<string, string>(source, {
    check: () => {
      state.asked += 1
      if (state.end instanceof Error) throw state.end
      return state.end
    },
    intervalMs: 100,
    expiresAt,
    failed: (error) => (error as Error).message,
  })
  return { source, state, stream }
}

const done = { done: true, value: undefined }

it('passes values on, and ends with its source', async () => {
  const { source, stream } = watch()
  const next = stream.next()
  source.send('a')
  expect(await next).toEqual({ done: false, value: 'a' })
  const last = stream.next()
  source.end()
  expect(await last).toEqual(done)
  expect(await stream.next()).toEqual(done)
  expect(vi.getTimerCount()).toBe(0)
})

it('ends while the source is idle, with the value of the check', async () => {
  const { source, state, stream } = watch()
  const next = stream.next()
  await vi.advanceTimersByTimeAsync(1000)
  expect(state.asked).toBe(10)
  state.end = 'revoked'
  await vi.advanceTimersByTimeAsync(100)
  expect(await next).toEqual({ done: false, value: 'revoked' })
  expect(await stream.next()).toEqual(done)
  expect(source.left).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

it('passes no value on after the check has ended it', async () => {
  const { source, state, stream } = watch()
  const next = stream.next()
  state.end = 'revoked'
  source.send('late')
  expect(await next).toEqual({ done: false, value: 'revoked' })
  expect(await stream.next()).toEqual(done)
})

it('keeps the last value for a later reader', async () => {
  const { state, stream } = watch()
  state.end = 'revoked'
  await vi.advanceTimersByTimeAsync(100)
  expect(await stream.next()).toEqual({ done: false, value: 'revoked' })
  expect(await stream.next()).toEqual(done)
})

it('checks at the time of expiry, and at intervals from then on', async () => {
  const expiry = Date.now() + 30
  const { state, stream } = watch(() => expiry)
  void stream.next()
  await vi.advanceTimersByTimeAsync(30)
  expect(state.asked).toBe(1)
  await vi.advanceTimersByTimeAsync(100)
  expect(state.asked).toBe(2)
  await stream.return()
})

it('has no timer after its reader has stopped', async () => {
  const { source, stream } = watch()
  const next = stream.next()
  expect(vi.getTimerCount()).toBe(1)
  await stream.return()
  expect(vi.getTimerCount()).toBe(0)
  expect(source.left).toBe(true)
  expect(await next).toEqual(done)
  const thrown = watch()
  await expect(thrown.stream.throw(new Error('gone'))).rejects.toThrow('gone')
  expect(vi.getTimerCount()).toBe(0)
})

it('ends if the check throws', async () => {
  const { state, stream } = watch()
  const next = stream.next()
  state.end = new Error('unknown')
  await vi.advanceTimersByTimeAsync(100)
  expect(await next).toEqual({ done: false, value: 'unknown' })
})

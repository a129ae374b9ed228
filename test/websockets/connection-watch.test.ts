import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Rechecked } from '../../src/admission/admission.ts'
import { RequestAdmission } from '../../src/admission/request-admission.ts'
import { InvalidCredentialError, ServiceUnavailableError } from '../../src/errors.ts'
import type { Principal } from '../../src/principal.ts'
import { connectionOf } from '../../src/websockets/connection.ts'
import { ConnectionWatches } from '../../src/websockets/connection-watch.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const principalUntil = (expiresAt: Date | null) =>
  ({ userId: 'u', credential: { kind: 'JWT', expiresAt } }) as unknown as Principal

class Socket extends EventEmitter {
  readyState = 1
  readonly closes: number[] = []
  close(code: number): void {
    this.readyState = 3
    this.closes.push(code)
    this.emit('close')
  }
}

/** A WebSocket whose credential expires in `lifetimeMs`. */
function watched(lifetimeMs: number | null = null) {
  const principal = principalUntil(lifetimeMs === null ? null : new Date(Date.now() + lifetimeMs))
  const world = {
    answer: principal as Rechecked | Promise<Rechecked> | (() => never),
    checks: 0,
    changed: () => {},
    unsubscribed: 0,
    socket: new Socket(),
  }
  const watches = new ConnectionWatches(
    {
      onChange: (_principal, listener) => {
        world.changed = listener
        return () => {
          world.unsubscribed += 1
        }
      },
    },
    () => {
      world.checks += 1
      return typeof world.answer === 'function' ? world.answer() : world.answer
    },
  )
  const state = new RequestAdmission()
  state.authentication = { kind: 'authenticated', principal }
  const extra = { socket: world.socket }
  const watch = () => watches.watch(connectionOf({ connectionInitReceived: true, extra }), state)
  watch()
  return { world, watch, principal }
}

it('closes a WebSocket when its credential expires', async () => {
  const { world } = watched(5_000)
  await vi.advanceTimersByTimeAsync(4_999)
  expect(world.checks).toBe(0)
  world.answer = new InvalidCredentialError()
  await vi.advanceTimersByTimeAsync(1)
  expect(world.socket.closes).toEqual([4403])
  expect(world.unsubscribed).toBe(1)
  const { checks } = world
  await vi.advanceTimersByTimeAsync(60_000)
  expect(world.checks).toBe(checks)
})

it('closes it when its key or user changes and the credential is no longer valid', async () => {
  const { world } = watched()
  world.changed()
  await vi.advanceTimersByTimeAsync(0)
  expect(world.socket.closes).toEqual([])
  world.answer = Promise.resolve(new InvalidCredentialError())
  world.changed()
  world.changed()
  await vi.advanceTimersByTimeAsync(0)
  expect(world.socket.closes).toEqual([4403])
})

it('checks once every 30 seconds, and survives outages and exceptions', async () => {
  const { world, watch, principal } = watched(3_600_000)
  for (let n = 0; n < 10; n += 1) watch()
  world.answer = new ServiceUnavailableError()
  await vi.advanceTimersByTimeAsync(30_000)
  world.answer = () => {
    throw new Error('broken')
  }
  await vi.advanceTimersByTimeAsync(30_000)
  expect([world.checks, world.socket.closes]).toEqual([2, []])
  world.answer = principal
  world.changed()
  await vi.advanceTimersByTimeAsync(0)
  expect(world.checks).toBe(3)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(world.checks).toBe(4)
})

it('follows an expiry that changes', async () => {
  const { world } = watched()
  world.answer = principalUntil(new Date(Date.now() + 1_000))
  world.changed()
  await vi.advanceTimersByTimeAsync(0)
  world.answer = new InvalidCredentialError()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(world.socket.closes).toEqual([4403])
})

it('stops when the WebSocket ends, also if the socket does not report that', async () => {
  const ended = watched()
  ended.world.socket.close(1000)
  expect([vi.getTimerCount(), ended.world.unsubscribed]).toEqual([0, 1])
  const silent = watched()
  silent.world.socket.readyState = 3
  await vi.advanceTimersByTimeAsync(30_000)
  expect([vi.getTimerCount(), silent.world.checks, silent.world.unsubscribed]).toEqual([0, 0, 1])
})

it('does not watch a socket that never reports its end', () => {
  const watches = new ConnectionWatches({}, () => new InvalidCredentialError())
  const state = new RequestAdmission()
  state.authentication = { kind: 'authenticated', principal: principalUntil(null) }
  watches.watch(
    connectionOf({ connectionParams: {}, extra: { socket: { end() {}, close() {} } } }),
    state,
  )
  expect(vi.getTimerCount()).toBe(0)
})

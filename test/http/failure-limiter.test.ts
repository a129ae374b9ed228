import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createFailureLimiter } from '../../src/admission/failure-limiter.ts'
import {
  InvalidCredentialError,
  InvalidRequestError,
  RateLimitedError,
  ServiceUnavailableError,
} from '../../src/errors.ts'

function limiter(perMinute: number, maxSenders?: number) {
  const clock = { at: 1_000_000 }
  const { errorFor } = createFailureLimiter({
    perMinute,
    now: () => clock.at,
    ...(maxSenders !== undefined && { maxSenders }),
  })
  const error = new InvalidCredentialError()
  const refuse = (address: string | null, times = 1) => {
    let result = errorFor(error, address)
    for (let i = 1; i < times; i++) result = errorFor(error, address)
    return result
  }
  return { clock, errorFor, refuse }
}

describe('the refused credentials of one sender', () => {
  it('get their own error up to the limit in a minute, and 429 above it', () => {
    const { refuse, clock } = limiter(3)
    expect(refuse('203.0.113.7', 3)).toBeInstanceOf(InvalidCredentialError)
    clock.at += 20_500
    const error = refuse('203.0.113.7')
    expect(error).toBeInstanceOf(RateLimitedError)
    expect((error as RateLimitedError).retryAfterSeconds).toBe(39.5)
  })

  it('are counted apart from those of another sender', () => {
    const { refuse } = limiter(3)
    refuse('203.0.113.7', 9)
    expect(refuse('203.0.113.8')).toBeInstanceOf(InvalidCredentialError)
  })

  it('count together for one IPv6 network, and apart from the next one', () => {
    const { refuse } = limiter(3)
    refuse('2001:db8:0:1::1', 2)
    expect(refuse('2001:db8:0:1:ffff::2')).toBeInstanceOf(InvalidCredentialError)
    expect(refuse('2001:db8:0:1:1:2:3:4')).toBeInstanceOf(RateLimitedError)
    expect(refuse('2001:db8:0:2::1')).toBeInstanceOf(InvalidCredentialError)
  })

  it('no longer count after a minute, however many were refused since', () => {
    const { refuse, clock } = limiter(3)
    refuse('203.0.113.7', 9)
    clock.at += 59_999
    expect(refuse('203.0.113.7')).toBeInstanceOf(RateLimitedError)
    clock.at += 1
    expect(refuse('203.0.113.7', 3)).toBeInstanceOf(InvalidCredentialError)
    expect(refuse('203.0.113.7')).toBeInstanceOf(RateLimitedError)
  })

  it('do not count after the clock was set back', () => {
    const { refuse, clock } = limiter(3)
    refuse('203.0.113.7', 9)
    clock.at -= 3_600_000
    expect(refuse('203.0.113.7')).toBeInstanceOf(InvalidCredentialError)
  })

  it('do not count if the address is unknown, or there is no limit', () => {
    expect(limiter(3).refuse(null, 9)).toBeInstanceOf(InvalidCredentialError)
    expect(limiter(0).refuse('203.0.113.7', 9)).toBeInstanceOf(InvalidCredentialError)
  })
})

it('do not include outages and requests with two credentials', () => {
  const { errorFor, refuse } = limiter(3)
  for (const error of [new ServiceUnavailableError(), new InvalidRequestError('Two.')]) {
    for (let i = 0; i < 9; i++) expect(errorFor(error, '203.0.113.7')).toBe(error)
  }
  expect(refuse('203.0.113.7')).toBeInstanceOf(InvalidCredentialError)
})

/** Bytes. Garbage of other tests in the same process does not count. */
function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

it('of a million senders take no more memory than those of the tracked senders', () => {
  const { refuse } = limiter(3)
  const addresses = function* (from: number, to: number) {
    for (let i = from; i < to; i++)
      yield `2001:db8:${(i >> 16).toString(16)}:${(i & 65_535).toString(16)}::1`
  }
  const before = heapAfterCollection()
  for (const address of addresses(0, 1_000_000)) refuse(address)
  expect((heapAfterCollection() - before) / 2 ** 20).toBeLessThan(24)
  // One that was limited at the end of the flood is so still.
  for (const address of addresses(960_000, 960_001)) {
    expect(refuse(address, 3)).toBeInstanceOf(RateLimitedError)
  }
})

it('are tracked for the latest senders: one more evicts the oldest', () => {
  const { refuse } = limiter(1, 2)
  refuse('203.0.113.1')
  refuse('203.0.113.2')
  expect(refuse('203.0.113.1')).toBeInstanceOf(RateLimitedError)
  refuse('203.0.113.3')
  expect(refuse('203.0.113.1')).toBeInstanceOf(RateLimitedError)
  expect(refuse('203.0.113.2')).toBeInstanceOf(InvalidCredentialError)
})

import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type FetchedKeys, KeyCache, type KeyTiming } from '../../src/jwks/key-cache.ts'
import { readKeySet } from '../../src/jwks/key-set.ts'

const timing: KeyTiming = {
  freshFor: 1000,
  freshAtLeast: 1000,
  freshAtMost: 1000,
  staleFor: 9000,
  unknownKeyCooldown: 100,
  timeout: 60_000,
  backoff: 100,
  backoffAtMost: 100,
}
const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const keySet = async (kid = 'k'): Promise<FetchedKeys> => ({
  ...(await readKeySet({ keys: [{ ...jwk, kid }] })),
  maxAgeSeconds: null,
})

let now: number
let fetches: PromiseWithResolvers<FetchedKeys>[]
beforeEach(() => {
  now = 0
  fetches = []
})

const cacheOf = (sharesFetches: boolean) =>
  new KeyCache({
    fetchKeys: () => {
      const fetch = withResolvers<FetchedKeys>()
      fetches.push(fetch)
      return fetch.promise
    },
    timing,
    clock: () => now,
    random: () => 0,
    sharesFetches,
    unavailable: (retryAfterSeconds, cause) => new Error(`in ${retryAfterSeconds} s`, { cause }),
  })

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => {}, () => {}]
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

const settled = () => new Promise((done) => setImmediate(done))

describe('without shared fetches', () => {
  test('each request fetches by itself, and a fetch that never ends delays no other', async () => {
    const cache = cacheOf(false)
    cache.find('EdDSA', 'k').catch(() => {})
    const second = cache.find('EdDSA', 'k')
    expect(fetches).toHaveLength(2)
    fetches[1]?.resolve(await keySet())
    expect(await second).toHaveLength(1)
    expect(await cache.find('EdDSA', 'k')).toHaveLength(1)
    expect(fetches).toHaveLength(2)
  })

  test('no fetch runs in the background', async () => {
    const cache = cacheOf(false)
    const first = cache.find('EdDSA', 'k')
    fetches[0]?.resolve(await keySet())
    await first
    for (now = 800; now < 2000; now += 1000) {
      let done = false
      const found = cache.find('EdDSA', 'k').finally(() => {
        done = true
      })
      await settled()
      expect(done).toBe(false)
      fetches.at(-1)?.reject(new Error('down'))
      expect(await found).toHaveLength(1)
    }
    expect(fetches).toHaveLength(3)
  })
})

test('with shared fetches, keys are refreshed before they are old, and no request waits', async () => {
  const cache = cacheOf(true)
  const first = cache.find('EdDSA', 'k')
  fetches[0]?.resolve(await keySet())
  await first
  now = 800
  expect(await cache.find('EdDSA', 'k')).toHaveLength(1)
  expect(fetches).toHaveLength(2)
  expect(await cache.find('EdDSA', 'k')).toHaveLength(1)
  expect(fetches).toHaveLength(2)
})

test('the last failure is the cause of every refusal until the next fetch', async () => {
  const cache = cacheOf(true)
  const failure = new Error('down')
  const first = cache.find('EdDSA', 'k')
  fetches[0]?.reject(failure)
  await expect(first).rejects.toMatchObject({ message: 'in 1 s', cause: failure })
  await expect(cache.find('EdDSA', 'k')).rejects.toMatchObject({ cause: failure })
  expect(fetches).toHaveLength(1)
})

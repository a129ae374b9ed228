import { expect, test } from 'vitest'
import { keyUrlFault } from '../../src/credentials/issuer-url.ts'
import { isLoopbackAddress, isLoopbackHost, isLoopbackRequest } from '../../src/net/loopback.ts'

test.each<[string | null, string | null]>([
  ['127.0.0.1', '127.0.0.1:4000'],
  ['127.0.0.1', 'localhost'],
  ['127.0.0.1', 'LOCALHOST:80'],
  ['127.0.0.1', 'api.localhost:4000'],
  ['::1', 'A.b-c.LocalHost'],
  ['127.9.9.9', '127.9.9.9'],
  ['::1', '[::1]:4000'],
  ['::ffff:127.0.0.1', 'localhost:4000'],
])('a peer at %s with the Host %s is on this machine', (peerAddress, host) => {
  expect(isLoopbackRequest({ peerAddress, host })).toBe(true)
})

test.each<[string | null, string | null]>([
  ['127.0.0.1', 'attacker.example.com:4000'],
  ['127.0.0.1', '127.0.0.1.example.com'],
  ['127.0.0.1', 'localhost.example.com'],
  ['127.0.0.1', 'localhost@example.com'],
  ['127.0.0.1', 'api.localhost.example.com'],
  ['127.0.0.1', 'notlocalhost'],
  ['127.0.0.1', '.localhost'],
  ['127.0.0.1', 'example.com/.localhost'],
  ['127.0.0.1', 'example.com#.localhost'],
  ['127.0.0.1', 'user@x.localhost'],
  ['127.0.0.1', 'example.com#localhost'],
  ['127.0.0.1', '127.0.0.1:4000:80'],
  ['127.0.0.1', '2130706433'],
  ['127.0.0.1', '[::2]'],
  ['127.0.0.1', '::1'],
  ['127.0.0.1', ''],
  ['127.0.0.1', null],
  ['10.0.0.1', 'localhost:4000'],
  ['::ffff:10.0.0.1', 'localhost:4000'],
  ['2001:db8::1', 'localhost:4000'],
  ['localhost', 'localhost'],
  ['', 'localhost'],
  [null, 'localhost'],
])('a peer at %s with the Host %s is not', (peerAddress, host) => {
  expect(isLoopbackRequest({ peerAddress, host })).toBe(false)
})

test.each([
  'http://localhost:4000',
  'http://api.localhost:4000/issuer',
  'http://127.9.9.9',
  'http://[::1]:4000',
  'http://[::ffff:127.0.0.1]',
])('an issuer and its keys may be at %s', (url) => {
  expect([keyUrlFault(url), isLoopbackHost(new URL(url).hostname)]).toEqual([null, true])
})

test.each(['http://localhost.example.com', 'http://10.0.0.1', 'http://[::]', 'http://0.0.0.0'])(
  'an issuer and its keys must not be at %s',
  (url) => {
    expect(keyUrlFault(url)).toMatch(/https/)
  },
)

test('a loopback address is an address, a loopback host may be the name', () => {
  expect([isLoopbackAddress('localhost'), isLoopbackHost('localhost')]).toEqual([false, true])
  expect([isLoopbackHost('0.0.0.0'), isLoopbackHost('::')]).toEqual([false, false])
})

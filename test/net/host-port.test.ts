import { expect, test } from 'vitest'
import { isPort, joinHostPort, splitHostPort } from '../../src/net/host-port.ts'

test.each([
  ['example.com', 'example.com', ''],
  ['example.com:80', 'example.com', '80'],
  ['192.0.2.1:443', '192.0.2.1', '443'],
  ['[2001:db8::1]', '2001:db8::1', ''],
  ['[2001:db8::1]:4000', '2001:db8::1', '4000'],
])('%s is split', (text, host, port) => {
  expect(splitHostPort(text)).toEqual({ host, port, isBracketed: text.startsWith('[') })
})

test.each([
  '',
  ':80',
  'a:80:80',
  '2001:db8::1',
  '[::1',
  '::1]',
  '[::1]80',
  'a:',
  'a:123456',
  'a:x',
])('%j is not a host with a port', (text) => {
  expect(splitHostPort(text)).toBeNull()
})

test('an IPv6 address is joined with its port in brackets', () => {
  expect([joinHostPort('::1', 80), joinHostPort('localhost', 80)]).toEqual([
    '[::1]:80',
    'localhost:80',
  ])
})

test('a port is a number from 1 to 65535', () => {
  expect(['1', '65535', '0', '65536', '', '-1', '1e3', ' 80'].map(isPort)).toEqual([
    ...[true, true],
    ...[false, false, false, false, false, false],
  ])
})

import { describe, expect, it } from 'vitest'
import { clientAddress, senderOf } from '../../src/net/client-address.ts'
import { type ProxyRange, parseProxyRange, trustedProxies } from '../../src/net/trusted-proxies.ts'

const proxies = (...ranges: string[]) =>
  trustedProxies(ranges.map(parseProxyRange).filter((range): range is ProxyRange => range !== null))
const trusted = proxies('10.0.0.0/8', '2001:db8:aaaa::/48')

describe("a client's address", () => {
  it.each([
    ['is that of the peer', '203.0.113.7', null, '203.0.113.7'],
    ['is unknown where the peer is', null, '203.0.113.7', null],
    ['is never taken from one who is no trusted proxy', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is what a trusted proxy says', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['is what a trusted proxy says over IPv6', '2001:db8:aaaa::1', '2001:db8::7', '2001:db8::7'],
    ['is not what the client itself claims', '10.0.0.1', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    [
      'is found behind several proxies',
      '10.0.0.1',
      '1.1.1.1, 203.0.113.7, 10.9.9.9',
      '203.0.113.7',
    ],
    ['is the first proxy where all are', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['is the peer where the header is empty', '10.0.0.1', '', '10.0.0.1'],
    ['is found past empty entries', '10.0.0.1', '203.0.113.7, ,', '203.0.113.7'],
    ['is the peer where the header is no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['is the peer where a hop cannot be read', '10.0.0.1', '203.0.113.7, x, 10.0.0.2', '10.0.0.1'],
    ['is found where the client wrote nonsense', '10.0.0.1', '"><, 203.0.113.7', '203.0.113.7'],
    ['has no port', '10.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['has no brackets', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['is not an octet too large', '10.0.0.1', '203.0.113.700', '10.0.0.1'],
    ['is spelled in one way', '10.0.0.1', '2001:0DB8:0:0::7', '2001:db8::7'],
    ['over IPv4 is spelled so', '::ffff:203.0.113.7', null, '203.0.113.7'],
    ['over IPv4 is spelled so, in hexadecimal too', '10.0.0.1', '::FFFF:cb00:7107', '203.0.113.7'],
    ['is that of a proxy over mapped IPv4', '::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['has no zone', 'fe80::1%eth0', null, 'fe80::1'],
  ])('%s', (_name, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toBe(expected)
  })

  it('is the peer if no proxy is trusted', () => {
    expect(clientAddress('127.0.0.1', '1.1.1.1', proxies())).toBe('127.0.0.1')
  })
})

describe('one sender', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
  ])('of %s is %s', (address, sender) => {
    expect(senderOf(address)).toBe(sender)
  })

  it('is different in the next network', () => {
    expect(senderOf('2001:db8:1:2::1')).not.toBe(senderOf('2001:db8:1:3::1'))
  })
})

import { BlockList, isIP, isIPv4 } from 'node:net'
import { joinHostPort, splitHostPort } from './host-port.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether `address` is a loopback IP address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  return loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** Addresses that stand for every address of this machine, each with the loopback address of its family. */
const unspecified: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['[::]', '::1'],
  ['[::ffff:0:0]', '127.0.0.1'],
])

/**
 * Returns the loopback address under which a server is reached that listens on `host`, if `host` stands
 * for every address of this machine: `0.0.0.0` or `::` (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2), in any
 * spelling. `null` for every other host.
 */
export function loopbackOfUnspecified(host: string): string | null {
  const url = `http://${joinHostPort(host, 80)}`
  // The URL parser gives each spelling of an address, such as `0` and `0:0::0`, the same form.
  return URL.canParse(url) ? (unspecified.get(new URL(url).hostname) ?? null) : null
}

const localName = /^(?:[a-z0-9_-]{1,63}\.)*localhost$/i

/**
 * Whether a host, without a port, always means this machine: a loopback address (IPv6 with or without
 * brackets), `localhost`, or a name below it (RFC 6761 §6.3).
 */
export function isLoopbackHost(host: string): boolean {
  return localName.test(host) || isLoopbackAddress(host.replace(/^\[(.*)\]$/, '$1'))
}

/**
 * Whether a request comes from this machine and is addressed to it. The address of the peer is not enough:
 * a web page can let its own host name resolve to 127.0.0.1 (DNS rebinding) and send requests from a browser
 * on this machine. The `Host` header then contains that name.
 */
export function isLoopbackRequest(request: {
  /** The address of the connection, never of a header; `null`: unknown. */
  readonly peerAddress: string | null
  /** The `Host` header; `null`: missing. */
  readonly host: string | null
}): boolean {
  const { peerAddress, host } = request
  if (peerAddress === null || host === null) return false
  const requested = splitHostPort(host)
  if (requested === null || !isLoopbackAddress(peerAddress)) return false
  return requested.isBracketed ? isLoopbackAddress(requested.host) : isLoopbackHost(requested.host)
}

import { BlockList, isIP, isIPv4 } from 'node:net'
import { splitHostPort } from './host-port.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an IP address is this machine's own (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  return loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

const localName = /^(?:[a-z0-9_-]{1,63}\.)*localhost$/i

/**
 * Whether a host, without a port, means this machine whoever resolves it: a loopback address, an IPv6
 * address in brackets or not, or `localhost` and every name below it (RFC 6761 §6.3).
 */
export function isLoopbackHost(host: string): boolean {
  return localName.test(host) || isLoopbackAddress(host.replace(/^\[(.*)\]$/, '$1'))
}

/**
 * Whether a request comes from this machine and was meant for it. The peer's address alone is not
 * enough: a page in a browser here can send requests by a name of its own that it has resolve to
 * 127.0.0.1 (DNS rebinding), and then its `Host` gives it away.
 */
export function isLoopbackRequest(request: {
  /** Of the connection itself, never from a header; `null` when unknown. */
  readonly peerAddress: string | null
  /** The `Host` header. */
  readonly host: string | null
}): boolean {
  const { peerAddress, host } = request
  if (peerAddress === null || host === null) return false
  const asked = splitHostPort(host)
  if (asked === null || !isLoopbackAddress(peerAddress)) return false
  return asked.isBracketed ? isLoopbackAddress(asked.host) : isLoopbackHost(asked.host)
}

import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'
import { splitHostPort } from './host-port.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/**
 * Returns the address of the client: the peer, or an address of `X-Forwarded-For` if the peer is a trusted
 * proxy. Each proxy appends the address that it received the request from, so the header is read from its
 * end: the first address that is not a trusted proxy is the client. The client may have invented the
 * addresses before it. With an invalid address on the way, the header is ignored.
 *
 * @param peerAddress the address of the connection; `null`: unknown, and the result is `null` too
 * @param forwardedFor the value of the header; several headers are joined by commas
 */
export function clientAddress(
  peerAddress: string | null,
  forwardedFor: string | null,
  trusted: TrustedProxies,
): string | null {
  const peer = peerAddress === null ? null : plainAddress(peerAddress)
  if (peer === null || forwardedFor === null || !trusted.trusts(peer)) return peer
  let client = peer
  const entries = forwardedFor.split(',').map((entry) => entry.trim())
  for (const entry of entries.reverse()) {
    if (entry === '') continue
    // Some proxies append the port.
    const address = plainAddress(splitHostPort(entry)?.host ?? entry)
    if (address === null) return peer
    client = address
    if (!trusted.trusts(address)) break
  }
  return client
}

/**
 * Returns the identity of a client for rate limits: an IPv4 address, or the /64 network of an IPv6 address,
 * which belongs to one household or machine (RFC 6177 §2).
 */
export function senderOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

const mappedPrefix = '::ffff:'

/** Returns the canonical form (RFC 5952), of a mapped IPv4 address that of IPv4; `null`: not an IP address. */
export function plainAddress(text: string): string | null {
  const family = isIP(text)
  if (family === 0) return null
  if (family === 4) return text
  // Node writes an IPv4 peer so if it listens on `::`.
  const mapped = text.startsWith(mappedPrefix) ? text.slice(mappedPrefix.length) : ''
  if (isIPv4(mapped)) return mapped
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address
}

function groups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}

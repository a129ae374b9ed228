import { isIP, isIPv6, SocketAddress } from 'node:net'
import { splitHostPort } from './host-port.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/**
 * The address that a request comes from: the peer's, or what `X-Forwarded-For` says where the peer is
 * a proxy we trust. Each proxy appends whom it heard, so the header is read from its end, and the first
 * address there that is no trusted proxy is the client; what stands before it the client may have made
 * up. A header that cannot be read so far says nothing.
 *
 * @param peerAddress of the connection; `null`: unknown, and so is the client
 * @param forwardedFor the header, several joined by commas
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
    // Some proxies add the port.
    const address = plainAddress(splitHostPort(entry)?.host ?? entry)
    if (address === null) return peer
    client = address
    if (!trusted.trusts(address)) break
  }
  return client
}

/**
 * What counts as one sender: an IPv4 address, or the /64 network of an IPv6 address, all of which one
 * household or machine has to itself (RFC 6177 §2).
 */
export function senderOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

/** In its one canonical spelling (RFC 5952), an IPv4 address as such; `null`: no IP address. */
function plainAddress(text: string): string | null {
  const family = isIP(text)
  if (family === 0) return null
  if (family === 4) return text
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address
}

function groups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}

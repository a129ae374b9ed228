import { BlockList, isIP, isIPv4 } from 'node:net'

/** The proxies whose `X-Forwarded-For` is trusted. */
export interface TrustedProxies {
  /** The configured addresses and ranges in CIDR notation. */
  readonly ranges: readonly string[]
  /** Whether the peer with this IP address is a trusted proxy. */
  trusts(address: string): boolean
}

export interface ProxyRange {
  readonly address: string
  /** The length of the network prefix in bits. */
  readonly bits: number
}

/** Parses an IP address or a CIDR range (RFC 4632 §3.1, RFC 4291 §2.3). Returns `null` for any other text. */
export function parseProxyRange(text: string): ProxyRange | null {
  const [address = '', length, ...rest] = text.split('/')
  // An address with a zone (`fe80::1%eth0`) has a meaning on one machine only and cannot be compared.
  if (rest.length > 0 || isIP(address) === 0 || address.includes('%')) return null
  const most = isIPv4(address) ? 32 : 128
  if (length === undefined) return { address, bits: most }
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return null
  return { address, bits: Number(length) }
}

const mapped = new BlockList()
mapped.addSubnet('::ffff:0:0', 96, 'ipv6')

/**
 * Whether a range in CIDR notation is larger than every private range (10.0.0.0/8, RFC 1918 §3, and
 * fc00::/7, RFC 4193 §3.1), so that it has addresses of the Internet.
 */
export function isPublicRange(range: string): boolean {
  const [address = '', bits = ''] = range.split('/')
  if (isIPv4(address)) return Number(bits) < 8
  // IPv4-mapped addresses (RFC 4291 §2.5.5.2) have a prefix of 96 bits before those of IPv4.
  return Number(bits) < (mapped.check(address, 'ipv6') ? 96 + 8 : 7)
}

export function trustedProxies(ranges: readonly ProxyRange[]): TrustedProxies {
  const list = new BlockList()
  for (const { address, bits } of ranges) list.addSubnet(address, bits, family(address))
  return Object.freeze({
    ranges: Object.freeze(ranges.map(({ address, bits }) => `${address}/${bits}`)),
    trusts: (peer: string) => {
      const address = peer.replace(/%.*$/, '')
      return isIP(address) !== 0 && list.check(address, family(address))
    },
  })
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

import { BlockList, isIP, isIPv4 } from 'node:net'

/** Whose `X-Forwarded-For` counts. */
export interface TrustedProxies {
  /** As configured: addresses and CIDR ranges. */
  readonly ranges: readonly string[]
  /** Whether the peer with that IP address may say for whom it speaks. */
  trusts(address: string): boolean
}

export interface ProxyRange {
  readonly address: string
  /** Length of the network's prefix in bits. */
  readonly bits: number
}

/** An IP address or a range in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3); `null` when it is neither. */
export function parseProxyRange(text: string): ProxyRange | null {
  const [address = '', length, ...rest] = text.split('/')
  // A zone (`fe80::1%eth0`) is an address for this machine alone and cannot be matched.
  if (rest.length > 0 || isIP(address) === 0 || address.includes('%')) return null
  const most = isIPv4(address) ? 32 : 128
  if (length === undefined) return { address, bits: most }
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return null
  return { address, bits: Number(length) }
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

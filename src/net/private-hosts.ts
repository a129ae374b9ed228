import { BlockList, isIP, isIPv4 } from 'node:net'
import { isLoopbackHost } from './loopback.ts'

const privateRanges = new BlockList()
privateRanges.addSubnet('10.0.0.0', 8, 'ipv4')
privateRanges.addSubnet('172.16.0.0', 12, 'ipv4')
privateRanges.addSubnet('192.168.0.0', 16, 'ipv4')
privateRanges.addSubnet('fc00::', 7, 'ipv6')

/** A name without a dot, as in a Docker network, or of a service in a Kubernetes cluster. */
const privateName = /^(?:[a-z0-9_-]{1,63}|(?:[a-z0-9_-]{1,63}\.)+(?:svc|cluster\.local))$/i

/**
 * Whether a host, without a port, belongs to this machine or to a private network: a private address (RFC 1918,
 * RFC 4193; IPv6 with or without brackets), a name without a dot, or a name below `svc` or `cluster.local`.
 */
export function isPrivateHost(host: string): boolean {
  if (isLoopbackHost(host)) return true
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0) return privateName.test(host)
  return privateRanges.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

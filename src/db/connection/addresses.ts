import { lookup } from 'node:dns/promises'
import { isIP, type NetConnectOpts } from 'node:net'
import { isAbsolute, join } from 'node:path'
import type { ConnectionTarget, HostTarget } from '../connection-string.ts'

type Balance = ConnectionTarget['loadBalanceHosts']

/** An address to connect to. */
export interface Address {
  readonly where: NetConnectOpts
  /** The name for messages: an IP address, or the path of a socket. */
  readonly name: string
  readonly isUnixSocket: boolean
}

/**
 * Resolves `host` to its addresses, in the order in which they are tried. Rejects with Node's error if
 * the name cannot be resolved.
 */
export async function addressesOf(host: HostTarget, balance: Balance): Promise<readonly Address[]> {
  if (isAbsolute(host.host) && host.address === null) {
    const path = join(host.host, `.s.PGSQL.${host.port}`)
    return [{ where: { path }, name: path, isUnixSocket: true }]
  }
  const literal = host.address ?? (isIP(host.host) === 0 ? null : host.host)
  const found =
    literal === null
      ? (await lookup(host.host, { all: true, order: 'verbatim' })).map(({ address }) => address)
      : [literal]
  return inOrder(found, balance).map((name) => ({
    where: { host: name, port: host.port },
    name,
    isUnixSocket: false,
  }))
}

/** Shuffles the list, hosts or addresses of one host, if `load_balance_hosts` is `random`. */
export function inOrder<T>(list: readonly T[], balance: Balance): readonly T[] {
  if (balance === 'disable') return list
  const weighted = list.map((value) => ({ value, weight: Math.random() }))
  return weighted.sort((one, other) => one.weight - other.weight).map(({ value }) => value)
}

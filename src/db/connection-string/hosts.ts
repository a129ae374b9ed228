import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { isPort } from '../../net/host-port.ts'
import type { ParameterReader } from './parameters.ts'
import type { HostTarget } from './target.ts'
import { type UriParts, uriForm } from './uri.ts'

const defaultHost = 'localhost'
const defaultPort = '5432'

/**
 * Reads the hosts with their ports. The parameters `host`, `port` and `hostaddr` override the host part
 * of the URI. A single port applies to all hosts.
 */
export function readHosts(
  { hosts: uriHosts, ports: uriPorts, parameters: given }: UriParts,
  parameters: ParameterReader,
  faults: string[],
): readonly HostTarget[] {
  const inUri = uriHosts.some((host) => host !== '')
  const addresses = parameters.list('hostaddr')
  const named =
    given.get('host') || !inUri ? parameters.list('host') : uriHosts.flatMap(splitAtCommas)
  const hosts = named ?? addresses?.map(() => '') ?? ['']
  const portsInUri = uriPorts.some((port) => port !== '')
  const portList = given.get('port') || !portsInUri ? parameters.list('port') : uriPorts
  const ports = portList ?? ['']

  if (addresses !== null && addresses.length !== hosts.length) {
    parameters.fault('hostaddr', `must name as many addresses as there are hosts (${hosts.length})`)
  }
  if (ports.length !== 1 && ports.length !== hosts.length) {
    faults.push(`must name one port, or as many as there are hosts (${hosts.length})`)
  }
  return hosts.map((name, index) => {
    const address = addresses?.[index] || null
    const host = name || address || defaultHost
    const port = (ports.length === 1 ? ports[0] : ports[index]) || defaultPort
    if (!isHost(host))
      faults.push(
        `has a host (number ${index + 1}) that is neither a name, nor an IP address, nor the path of a folder with a socket`,
      )
    if (address !== null && isIP(address) === 0)
      parameters.fault('hostaddr', 'must be IP addresses')
    if (!isPort(port))
      faults.push(
        `has a port (number ${index + 1}) that is not from 1 to 65535: the form is ${uriForm}, with an IPv6 address in brackets`,
      )
    return { host, port: Number(port), address }
  })
}

/** Splits a host at commas: the percent-encoded folder of a socket may be part of a list too. */
function splitAtCommas(host: string): readonly string[] {
  return host.split(',')
}

function isHost(text: string): boolean {
  if (isAbsolute(text)) return true
  return isIP(text) !== 0 || /^[^\s/@[\]:?#%\\]{1,253}$/.test(text)
}

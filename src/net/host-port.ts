/** A host as written, an IPv6 address without its brackets; `port` is empty where none is given. */
export interface HostPort {
  readonly host: string
  readonly port: string
  readonly isBracketed: boolean
}

/**
 * Splits `host`, `host:port`, `[address]` and `[address]:port` (RFC 3986 §3.2.2). `null`: the text has
 * another form, such as an IPv6 address without brackets. Neither part is checked any further.
 */
export function splitHostPort(text: string): HostPort | null {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return null
  const [, address, name = '', port = ''] = match
  return { host: address ?? name, port, isBracketed: address !== undefined }
}

/** `host:port`, with an IPv6 address in brackets as URLs have it (RFC 3986 §3.2.2). */
export function joinHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether `text` is the number of a port that can be connected to, 1 to 65535. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}

/** A host and a port as text. An IPv6 address has no brackets here; `port` is empty if there is none. */
export interface HostPort {
  readonly host: string
  readonly port: string
  readonly isBracketed: boolean
}

/**
 * Splits `host`, `host:port`, `[address]` and `[address]:port` (RFC 3986 §3.2.2) without further checks.
 * Returns `null` for another form, such as an IPv6 address without brackets.
 */
export function splitHostPort(text: string): HostPort | null {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return null
  const [, address, name = '', port = ''] = match
  return { host: address ?? name, port, isBracketed: address !== undefined }
}

/** Returns `host:port`, with an IPv6 address in brackets as in URLs (RFC 3986 §3.2.2). */
export function joinHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether `text` is a port number from 1 to 65535. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}

/** The decoded parts of a connection URI, which are not interpreted yet. */
export interface UriParts {
  readonly user: string
  readonly password: string
  /** One entry for each host, in order; empty where the URI omits the name. */
  readonly hosts: readonly string[]
  /** One entry for each host; empty where the URI omits the port. */
  readonly ports: readonly string[]
  readonly database: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Splits a connection URI as libpq does (PostgreSQL documentation, §32.1.1.2). It is stricter where
 * libpq would misread a part of an unencoded password: `@` is not allowed after the hosts, and no
 * parameter may be repeated.
 *
 * @throws UriFault
 */
export function splitUri(text: string): UriParts {
  const scheme = /^postgres(?:ql)?:\/\//.exec(text)
  if (text === '') throw new UriFault(`must not be empty: set it to ${uriForm}`)
  if (scheme === null) throw new UriFault('must begin with postgres:// or postgresql://')
  if (/[\s\p{Cc}]/u.test(text)) {
    throw new UriFault(`must be ${uriForm}, without spaces: write %20 for one`)
  }
  const rest = text.slice(scheme[0].length)
  const end = rest.search(/[/?]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  const behind = end < 0 ? '' : rest.slice(end)
  if (behind.includes('@')) {
    throw new UriFault(
      'has an @ after its host: write %40 for @ there, and %2F and %3F for / and ? in a user or password',
    )
  }
  const at = authority.lastIndexOf('@')
  const userinfo = at < 0 ? '' : authority.slice(0, at)
  const colon = userinfo.indexOf(':')
  const question = behind.indexOf('?')
  const path = question < 0 ? behind : behind.slice(0, question)
  return {
    user: decode(colon < 0 ? userinfo : userinfo.slice(0, colon)),
    password: colon < 0 ? '' : decode(userinfo.slice(colon + 1)),
    ...splitHosts(authority.slice(at + 1)),
    database: decode(path.slice(1)),
    parameters: question < 0 ? new Map() : splitParameters(behind.slice(question + 1)),
  }
}

/** The form of a connection URI, for messages. */
export const uriForm = 'postgres://user@host:5432/database'

/**
 * A fault of a connection URI. The message completes a sentence and never repeats a part of the URI.
 */
export class UriFault extends Error {
  override readonly name = 'UriFault'
}

/** `host`, `host:port`, `[IPv6]:port` or nothing, separated by commas. */
function splitHosts(list: string): Pick<UriParts, 'hosts' | 'ports'> {
  const entries = list.split(',').map((entry) => {
    const parts = /^(?:\[([^[\]]+)\]|([^[\]:]*))(?::(.*))?$/.exec(entry)
    if (parts === null) {
      throw new UriFault(
        `must be ${uriForm}, with an IPv6 address in brackets, and : @ / ? % percent-encoded in a user or password`,
      )
    }
    const [, address, name = '', port = ''] = parts
    return { host: decode(address ?? name), port: decode(port) }
  })
  return { hosts: entries.map(({ host }) => host), ports: entries.map(({ port }) => port) }
}

/** Splits the query. Unlike in an HTML form, `+` stands for itself. */
function splitParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new UriFault('has a parameter that is not of the form name=value')
    const name = decode(pair.slice(0, equals))
    if (parameters.has(name)) {
      const which = isPlainName(name) ? `the parameter ${name}` : 'a parameter'
      throw new UriFault(`has ${which} twice`)
    }
    parameters.set(name, decode(pair.slice(equals + 1)))
  }
  return parameters
}

/** Whether a message may repeat the name: it looks like a parameter, and not like a secret. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z][A-Za-z_.-]{0,39}$/.test(name)
}

function decode(text: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch {
    throw new UriFault('has a % that does not begin the percent-encoding of UTF-8: write %25 for %')
  }
  if (decoded.includes('\0')) throw new UriFault('must not contain %00')
  return decoded
}

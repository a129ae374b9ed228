/** A connection URI taken apart and decoded; nothing in it has been interpreted. */
export interface UriParts {
  readonly user: string
  readonly password: string
  /** One entry for each host, in order; empty where the URI leaves it out. */
  readonly hosts: readonly string[]
  /** One entry for each host. */
  readonly ports: readonly string[]
  readonly database: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Takes a connection URI apart as libpq does (PostgreSQL documentation, §32.1.1.2). It is stricter
 * where libpq would take a part of an unencoded password for something else: `@` counts nowhere behind
 * the hosts, and no parameter may come twice.
 *
 * @throws UriFault
 */
export function splitUri(text: string): UriParts {
  const scheme = /^postgres(?:ql)?:\/\//.exec(text)
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
      'has an @ behind its host: write %40 for it there, and %2F %3F for / ? in a user or password',
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

/** For messages. */
export const uriForm = 'postgres://user@host:5432/database'

/** What is wrong, as the rest of a sentence. It never repeats a part of the text. */
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

/** In contrast to a form's query, `+` stands for itself. */
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

/** Whether a message may repeat it: it looks like the name of a parameter, and not like a secret. */
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
  if (decoded.includes('\0')) throw new UriFault('must hold no %00')
  return decoded
}

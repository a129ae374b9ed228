import { detachedCopy } from '../detached-copy.ts'
import { defaultAudience, isAudience } from '../identity/claims.ts'
import { isScopeName, sorted } from '../scopes.ts'

export const forwardAuthPath = '/auth/verify'

/** The conditions that a proxy sets for a request. */
export interface ForwardAuthSettings {
  /** The request needs all of them. Sorted. */
  readonly scopes: readonly string[]
  /** The `aud` of the identity token. */
  readonly audience: string
  /** Whether a request without a credential is allowed, with empty identity headers. */
  readonly optional: boolean
}

/** The proxy's configuration is invalid; `message` is the reason. */
export class ForwardAuthFault extends Error {
  override readonly name = 'ForwardAuthFault'
}

/** Returns whether a request target starts with the path of this endpoint. */
export function isForwardAuthTarget(target: string): boolean {
  return target.startsWith(forwardAuthPath)
}

/**
 * Reads the settings where only a parsed URL is known, as in a fetch `Request`. A URL parser resolves dot
 * segments, so that a client whose path a proxy appends to a prefix could replace that prefix. Only the
 * path `/auth/verify` itself is accepted, because no proxy appends anything to it.
 *
 * @throws ForwardAuthFault also for every path below `/auth/verify` and every prefix with parameters
 */
export function readResolvedSettings(target: string): ForwardAuthSettings {
  const rest = target.slice(forwardAuthPath.length)
  if (rest !== '' && !rest.startsWith('?')) {
    throw new ForwardAuthFault(
      'The prefix form of /auth/verify needs the request target as the client sent it: pass requests to `app.listener` first, or use the path /auth/verify itself',
    )
  }
  return readForwardAuthSettings(target)
}

/**
 * Reads the settings from a request target. The target must be the text that the client sent:
 * `/auth/verify/../x` counts as a path below `/auth/verify`, although a URL parser would resolve it to `/auth/x`.
 *
 * `/auth/verify?scope=…&audience=…&optional=true` states the settings in the query. Where the proxy appends
 * the client's path and query to a prefix, the prefix is `/auth/verify/` or
 * `/auth/verify;scope=…;audience=…;optional=true/`: the client's part comes after a slash, and nothing
 * after that slash is read.
 *
 * @throws ForwardAuthFault
 */
export function readForwardAuthSettings(target: string): ForwardAuthSettings {
  if (target === latest.target) return latest.settings
  const text = settingsText(target)
  if (text === null) return defaults
  latest = cache.get(text) ?? parseAndCache(detachedCopy(text))
  return latest.settings
}

interface CachedSettings {
  /** The request target without the part that the client's path adds. */
  readonly target: string
  readonly settings: ForwardAuthSettings
}

const defaults: ForwardAuthSettings = { scopes: [], audience: defaultAudience, optional: false }
const cache = new Map<string, CachedSettings>()
let latest: CachedSettings = { target: forwardAuthPath, settings: defaults }

function parseAndCache(text: string): CachedSettings {
  const settings = parsePairs(
    text.startsWith('?') ? new URLSearchParams(text) : pathParameters(text.slice(1)),
  )
  // A proxy uses few settings. A client that sends ever new ones only empties this cache.
  if (cache.size >= 1000) cache.clear()
  const entry = { target: forwardAuthPath + text, settings }
  cache.set(text, entry)
  return entry
}

/**
 * Returns the part of the target that states the settings, starting with `?` or `;`; `null` if there is none.
 */
function settingsText(target: string): string | null {
  const rest = target.slice(forwardAuthPath.length)
  if (rest === '' || rest === '?' || rest.startsWith('/')) return null
  if (rest.startsWith('?')) return rest
  const [prefix] = /^;[^/?#]*/.exec(rest) ?? []
  if (prefix === undefined) throw new ForwardAuthFault('The path is not /auth/verify')
  return prefix
}

/** `name=value;name=value` with percent-encoding (RFC 3986 §3.3). */
function pathParameters(text: string): [string, string][] {
  return text.split(';').map((pair) => {
    const [, name = pair, value = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? []
    return [decode(name), decode(value)]
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ForwardAuthFault('A parameter is not valid percent-encoding')
  }
}

const readers: Readonly<Record<string, (value: string) => Partial<ForwardAuthSettings> | null>> = {
  scope(value) {
    const scopes = value.split(' ')
    return scopes.every(isScopeName) ? { scopes: sorted(scopes) } : null
  },
  audience: (value) => (isAudience(value) ? { audience: value } : null),
  optional: (value) =>
    value === 'true' || value === 'false' ? { optional: value === 'true' } : null,
}

/** Refuses an empty value too: an unset variable in a proxy's configuration must not lower the requirements. */
function parsePairs(pairs: Iterable<[string, string]>): ForwardAuthSettings {
  const seen = new Set<string>()
  let settings = defaults
  for (const [name, value] of pairs) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (reader === undefined)
      throw new ForwardAuthFault(`There is no parameter ${printableName(name)}`)
    if (seen.has(name)) throw new ForwardAuthFault(`The parameter ${name} is repeated`)
    seen.add(name)
    const read = reader(value)
    if (read === null) throw new ForwardAuthFault(`The value of the parameter ${name} is invalid`)
    settings = { ...settings, ...read }
  }
  return settings
}

function printableName(name: string): string {
  return /^[A-Za-z0-9_-]{1,32}$/.test(name) ? `\`${name}\`` : 'of that name'
}

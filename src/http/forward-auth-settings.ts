import { detachedCopy } from '../detached-copy.ts'
import { defaultAudience, isAudience } from '../identity/claims.ts'
import { isScopeName, sorted } from '../scopes.ts'

export const forwardAuthPath = '/auth/verify'

/** What the proxy asks of a request. */
export interface ForwardAuthSettings {
  /** All are needed; sorted. */
  readonly scopes: readonly string[]
  /** `aud` of the identity token. */
  readonly audience: string
  /** Whether a request without any credential passes, without an identity. */
  readonly optional: boolean
}

/** The proxy is configured wrongly; `message` says how. */
export class ForwardAuthFault extends Error {
  override readonly name = 'ForwardAuthFault'
}

/** Whether a request target is this endpoint's, however it goes on. */
export function isForwardAuthTarget(target: string): boolean {
  return target.startsWith(forwardAuthPath)
}

/**
 * The same where only a URL is known, as in a fetch `Request`. A URL parser has resolved the dot
 * segments in it, so a client whose path is appended to a prefix could have replaced that prefix. Only
 * the path itself is taken, which no proxy appends anything to.
 *
 * @throws ForwardAuthFault also for every path below `/auth/verify` and every prefix with parameters
 */
export function readResolvedSettings(target: string): ForwardAuthSettings {
  const rest = target.slice(forwardAuthPath.length)
  if (rest !== '' && !rest.startsWith('?')) {
    throw new ForwardAuthFault(
      'The prefix form of /auth/verify needs the request target as it was sent: hand requests to `app.listener` first, or ask the path itself',
    )
  }
  return readForwardAuthSettings(target)
}

/**
 * The settings in a request target, which must be as it was sent: `/auth/verify/../x` is below this
 * path and nothing else, whatever a URL parser makes of it.
 *
 * `/auth/verify?scope=…&audience=…&optional=true` states them in the query. Where the proxy appends
 * the client's path and query to a prefix, the prefix is `/auth/verify/` or
 * `/auth/verify;scope=…;audience=…;optional=true/`: what a client sends comes after a slash, where
 * nothing is read.
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
  /** Without what the client's path adds to it. */
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
  // A proxy asks with the few settings it was given; whoever asks with ever new ones gains nothing.
  if (cache.size >= 1000) cache.clear()
  const entry = { target: forwardAuthPath + text, settings }
  cache.set(text, entry)
  return entry
}

/** What states the settings, from its `?` or `;` on; `null`: nothing does. */
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
    throw new ForwardAuthFault('A parameter is not percent-encoded as it should be')
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

/** An empty value is a fault too: a variable that was not set must not ask for less. */
function parsePairs(pairs: Iterable<[string, string]>): ForwardAuthSettings {
  const seen = new Set<string>()
  let settings = defaults
  for (const [name, value] of pairs) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (reader === undefined)
      throw new ForwardAuthFault(`There is no parameter ${printableName(name)}`)
    if (seen.has(name)) throw new ForwardAuthFault(`The parameter ${name} is there twice`)
    seen.add(name)
    const read = reader(value)
    if (read === null) throw new ForwardAuthFault(`The value of the parameter ${name} is not right`)
    settings = { ...settings, ...read }
  }
  return settings
}

function printableName(name: string): string {
  return /^[A-Za-z0-9_-]{1,32}$/.test(name) ? `\`${name}\`` : 'of that name'
}

import { keyIdSyntax, keyPrefixSyntax } from '../key-syntax.ts'

const sensitiveNames = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-identity',
  'apikey',
  'key',
  'secret',
  'token',
  'access_token',
  'password',
  'pepper',
]

const credentials: readonly [RegExp, string][] = [
  // An API key of any prefix: what is public of it stays.
  [new RegExp(`\\b(${keyPrefixSyntax}_${keyIdSyntax})_[0-9A-Za-z]{20,}`, 'g'), '$1_[redacted]'],
  // A JWT, whole or with its signature cut off (`{"` is `eyJ` or, with white space, `ey` in base64url).
  [/\bey[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?/g, '[redacted JWT]'],
  [/\b(Bearer|Basic) +[^\s"',\\]+/gi, '$1 [redacted]'],
  // The password in a URL, up to the last `@` before the host.
  [/(:\/\/[^\s:@/"\\]*):[^\s"/\\]*@/g, '$1:[redacted]@'],
]

/**
 * Blanks in a line of JSON whatever has the form of a credential and the value of every property, at
 * any depth, that is named for one: those of `names`, in any case, and the usual ones. The line stays
 * JSON. Done on the text because it costs a fraction of looking into the objects, and misses nothing.
 */
export function secretRemover(names: readonly string[] = []): (line: string) => string {
  const any = [...sensitiveNames, ...names].map(escaped).join('|')
  const value = '(?:"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"|\\[[^\\]]*\\])'
  const named = new RegExp(`"(${any})":${value}`, 'gi')
  return (line) => {
    let clean = line.replace(named, '"$1":"[redacted]"')
    for (const [pattern, replacement] of credentials) clean = clean.replace(pattern, replacement)
    return clean
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

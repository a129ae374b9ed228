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
  // An API key of any prefix. Its public part stays.
  [new RegExp(`\\b(${keyPrefixSyntax}_${keyIdSyntax})_[0-9A-Za-z]{20,}`, 'g'), '$1_[redacted]'],
  // A JWT, whole or without its signature. In base64url `{"` is `eyJ`, or `ey` with white space between.
  [/\bey[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?/g, '[redacted JWT]'],
  [/\b(Bearer|Basic) +[^\s"',\\]+/gi, '$1 [redacted]'],
  // The password in a URL, up to the last `@` before the host.
  [/(:\/\/[^\s:@/"\\]*):[^\s"/\\]*@/g, '$1:[redacted]@'],
]

/**
 * Returns a function that redacts a line of JSON: every text in the form of a credential, and every
 * property, at any depth, with a sensitive name. The line stays valid JSON. Text is searched, not objects,
 * because that is many times faster and covers every value.
 *
 * @param names further sensitive names, compared without case
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

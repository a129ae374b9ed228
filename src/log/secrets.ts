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

/** A form of text that is replaced in a line. */
interface Removal {
  /** Found in each line that `pattern` matches, and in few others. Most lines have nothing to remove. */
  readonly sign: RegExp
  readonly pattern: RegExp
  readonly replacement: string
}

const credentials: readonly Removal[] = [
  // An API key of any prefix. Its public part stays. The sign is its end, because many words begin like a prefix.
  {
    sign: new RegExp(`_${keyIdSyntax}_[0-9A-Za-z]{20}`),
    pattern: new RegExp(`\\b(${keyPrefixSyntax}_${keyIdSyntax})_[0-9A-Za-z]{20,}`, 'g'),
    replacement: '$1_[redacted]',
  },
  // A JWT, whole or without its signature. In base64url `{"` is `eyJ`, or `ey` with white space between.
  removal(/\bey[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?/g, '[redacted JWT]'),
  removal(/\b(Bearer|Basic) +[^\s"',\\]+/gi, '$1 [redacted]'),
  // The password in a URL, up to the last `@` before the host.
  removal(/(:\/\/[^\s:@/"\\]*):[^\s"/\\]*@/g, '$1:[redacted]@'),
]

/** A search without the flag `g` takes less time than a replacement that finds nothing. */
function removal(pattern: RegExp, replacement: string): Removal {
  const sign = new RegExp(pattern.source, pattern.flags.replace('g', ''))
  return { sign, pattern, replacement }
}

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
  const named = removal(new RegExp(`"(${any})":${value}`, 'gi'), '"$1":"[redacted]"')
  const removals = [named, ...credentials]
  return (line) => {
    let clean = line
    for (const { sign, pattern, replacement } of removals) {
      if (sign.test(clean)) clean = clean.replace(pattern, replacement)
    }
    return clean
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

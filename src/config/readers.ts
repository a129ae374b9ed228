import * as z from 'zod'
import {
  credentialHeaderFault,
  credentialParameterFault,
  keyPrefixFault,
} from '../credentials/source-rules.ts'
import { ConnectionStringError, parseConnectionString } from '../db/connection-string.ts'
import { schemaNameFault } from '../db/schema-names.ts'
import { identityHeaderNames } from '../identity/header-names.ts'
import { parseProxyRange, type TrustedProxies, trustedProxies } from '../net/trusted-proxies.ts'
import { isBaseUrl } from '../net/web-addresses.ts'
import { isScopeName } from '../scopes.ts'

/*
 * Parsers of single variables. No message contains the text of a variable: it may be a secret that was
 * put into the wrong one.
 */

export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` })
}

export const trueOrFalse = z.stringbool({ error: 'must be true or false' })

export const hostName = z
  .string()
  .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)$/, {
    error: 'must be a host name or an IP address, without a port',
  })
  .transform((host) => host.replace(/^\[|\]$/g, ''))

/** An http(s) URL without query and fragment. The result has no slash at its end: paths are appended to it. */
export const baseUrl = z
  .string()
  .refine(
    isBaseUrl,
    'must be an http:// or https:// URL without user name, password, query, fragment, backslash and empty path segment',
  )
  .transform((url) => new URL(url).href.replace(/\/+$/, ''))

/** A valid connection string. The text is kept, and parsed again for each connection. */
export const postgresUrl = z.string().superRefine((text, context) => {
  try {
    parseConnectionString(text)
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error
    for (const message of error.faults) context.addIssue({ code: 'custom', message })
  }
})

export const schemaName = z.string().superRefine(rejectWith(schemaNameFault))

export const keyPrefix = z.string().superRefine(rejectWith(keyPrefixFault))

/** The name of a header without another meaning. The result is in lower case. */
export const credentialHeader = z
  .string()
  .superRefine(rejectWith(credentialHeaderFault))
  .transform((name) => name.toLowerCase())
  .refine((name) => !isIdentityHeader(name), 'must not be a header with another meaning')

export const credentialParameter = z.string().superRefine(rejectWith(credentialParameterFault))

function rejectWith(faultOf: (text: string) => string | null) {
  return (text: string, context: z.RefinementCtx): void => {
    const message = faultOf(text)
    if (message !== null) context.addIssue({ code: 'custom', message })
  }
}

function isIdentityHeader(name: string): boolean {
  return (identityHeaderNames as readonly string[]).includes(name)
}

export const peppers = z
  .string()
  .transform(commaList)
  .refine((list) => list.length > 0 && list.every((pepper) => pepper !== ''), {
    error: 'must be a list separated by commas, without empty entries (unset it to use no pepper)',
  })
  .refine((list) => new Set(list).size === list.length, 'must not contain a pepper twice')

export const sessionKeys = z
  .string()
  .transform(commaList)
  .refine((list) => list.every((key) => Buffer.byteLength(key) >= 32), {
    error:
      'must be a list separated by commas, of secrets with 32 bytes or more, such as the output of openssl rand -hex 32',
  })

/** Scope names separated by commas or white space. An empty text is an empty list. */
export const scopeList = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
  .refine((names) => names.every(isScopeName), 'must be a list of scope names separated by commas')

export const signInScopes = scopeList.refine(
  (names) => names.includes('openid'),
  'must contain openid: the sign-in needs an ID token',
)

/** Origins (RFC 6454 §6.2) in the form that browsers send, so that they are compared as text. */
export const origins = z.string().transform((text, context): readonly string[] => {
  const list = text === '' ? [] : commaList(text)
  list.forEach((origin, index) => {
    if (isOrigin(origin)) return
    const message = `entry ${index + 1} must be an exact origin such as https://app.example.com: without wildcard, path and final slash`
    context.addIssue({ code: 'custom', message })
  })
  return [...new Set(list)]
})

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

export const proxies = z.string().transform((text, context): TrustedProxies => {
  const ranges = text === '' ? [] : commaList(text).map(parseProxyRange)
  ranges.forEach((range, index) => {
    if (range !== null) return
    const message = `entry ${index + 1} must be an IP address or a CIDR range such as 10.0.0.0/8`
    context.addIssue({ code: 'custom', message })
  })
  return trustedProxies(ranges.filter((range) => range !== null))
})

function commaList(text: string): string[] {
  return text.split(',').map((entry) => entry.trim())
}

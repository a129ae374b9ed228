import { hash } from 'node:crypto'
import { keyIdLength } from '../key-syntax.ts'
import { type KeyParts, looksLikeKey } from './key-form.ts'

/** The form of the keys of another key system: a fixed prefix, and then random characters. */
export interface ImportedKeyForm {
  /**
   * The beginning of every key, 0 to 32 letters, digits, `_` and `-`, such as `sk_live_`. It must not begin with
   * the prefix of this system's keys and `_`, nor be the beginning of that. Without a prefix, the keys have letters and digits only.
   */
  readonly prefix: string
  /** The length of a whole key in characters: 32 more than that of the prefix, and at most 512. */
  readonly length: number
}

const minRandomLength = 32
const maxLength = 512

/** Returns the fault of `forms`, as the rest of a sentence, or `null`. */
export function importedFormsFault(forms: unknown, keyPrefix: string): string | null {
  if (!Array.isArray(forms)) return 'must be an array of forms'
  for (const form of forms) {
    const { prefix, length } = (form ?? {}) as Partial<Record<keyof ImportedKeyForm, unknown>>
    if (typeof prefix !== 'string' || !/^[\w-]{0,32}$/.test(prefix)) {
      return 'must have a `prefix` of at most 32 letters, digits, `_` and `-` in each form'
    }
    if (looksLikeKey(prefix, keyPrefix)) {
      return `must not have a \`prefix\` that begins with \`${keyPrefix}_\`, as keys of this system do`
    }
    if (prefix !== '' && `${keyPrefix}_`.startsWith(prefix)) {
      return `must not have a \`prefix\` with which \`${keyPrefix}_\`, the prefix of this system's keys, begins`
    }
    const isLong = Number.isInteger(length) && (length as number) >= prefix.length + minRandomLength
    if (!isLong || (length as number) > maxLength) {
      return `must have a \`length\` of the prefix and at least ${minRandomLength} random characters, at most ${maxLength}, in each form`
    }
  }
  return null
}

/** Whether `text` has one of `forms`. No text is also a key of this system or a JWT. */
export function hasImportedForm(
  text: string,
  forms: readonly ImportedKeyForm[],
  keyPrefix: string,
): boolean {
  return forms.some((form) => matchesForm(text, form)) && !looksLikeKey(text, keyPrefix)
}

function matchesForm(text: string, { prefix, length }: ImportedKeyForm): boolean {
  if (text.length !== length || !text.startsWith(prefix)) return false
  return (prefix === '' ? /^[0-9A-Za-z]+$/ : /^[\w-]+$/).test(text)
}

/** Returns the parts by which an imported key is looked up and verified. */
export function importedParts(text: string): KeyParts {
  return partsOfDigest(hash('sha256', text, 'hex'))
}

/**
 * The SHA-256 of the key takes the place of its secret, so that keys can be imported whose text is not known. The id
 * is derived from it by another hash, because ids are public.
 *
 * @param digest the SHA-256 of the key in lower-case hexadecimal
 */
export function partsOfDigest(digest: string): KeyParts {
  let rest = BigInt(`0x${hash('sha256', `latchkey imported key ${digest}`, 'hex')}`)
  let id = ''
  while (id.length < keyIdLength) {
    id += alphabet.charAt(Number(rest % 62n))
    rest /= 62n
  }
  return { id, secret: digest }
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns a SHA-256 in lower-case hexadecimal from hexadecimal, base64 or base64url; `null`: it is not one. */
export function readDigest(text: string): string | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase()
  if (!/^[\w+/-]{43}=?$/.test(text)) return null
  return Buffer.from(text, 'base64').toString('hex')
}

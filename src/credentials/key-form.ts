import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { detachedCopy } from '../detached-copy.ts'
import { keyIdLength, keyIdSyntax } from '../key-syntax.ts'

/**
 * An API key as it is written: `<prefix>_<id>_<secret><checksum>`, base62 but for the separators, so
 * that a double click selects all of it.
 *
 * `id` is 16 characters and public. `secret` is 32 random bytes as 43 characters. `checksum` is the
 * CRC-32 of everything before it as 6 characters: it tells a typo or a truncated paste from a wrong
 * key without asking the database, and lets secret scanners drop false alarms. It protects nothing.
 */
export interface KeyParts {
  readonly id: string
  readonly secret: string
}

export interface GeneratedKey extends KeyParts {
  /** The whole key, to be shown once. */
  readonly key: string
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 43
const checksumLength = 6
const afterPrefix = new RegExp(`^_${keyIdSyntax}_[0-9A-Za-z]{${secretLength + checksumLength}}$`)

export function generateKey(prefix: string): GeneratedKey {
  return formatKey(prefix, randomId(), base62(randomBytes(32), secretLength))
}

/** A new secret for the key with that id: what a rotation hands out. */
export function generateSecret(prefix: string, id: string): GeneratedKey {
  return formatKey(prefix, id, base62(randomBytes(32), secretLength))
}

/** The parts of a key of that prefix, or `null` when the form or the checksum is wrong. No I/O. */
export function parseKey(text: string, prefix: string): KeyParts | null {
  if (!hasKeyForm(text, prefix)) return null
  const body = text.slice(0, -checksumLength)
  if (checksum(body) !== text.slice(-checksumLength)) return null
  const id = prefix.length + 1
  const secret = id + keyIdLength + 1
  return {
    id: detachedCopy(text.slice(id, id + keyIdLength)),
    secret: text.slice(secret, secret + secretLength),
  }
}

/** Whether someone who sent `text` meant it as an API key of that prefix, well-formed or not. */
export function looksLikeKey(text: string, prefix: string): boolean {
  return text.startsWith(`${prefix}_`)
}

/** Whether `text` has the whole form of an API key of that prefix, whatever its checksum. */
export function hasKeyForm(text: string, prefix: string): boolean {
  return text.startsWith(prefix) && afterPrefix.test(text.slice(prefix.length))
}

/** What a person recognises a key by, and where it may be shown: `<prefix>_<id>`. */
export function keyStart(prefix: string, id: string): string {
  return `${prefix}_${id}`
}

function formatKey(prefix: string, id: string, secret: string): GeneratedKey {
  const body = `${prefix}_${id}_${secret}`
  return { id, secret, key: body + checksum(body) }
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let i = 0; i < checksumLength; i++) {
    text = alphabet.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

function base62(bytes: Uint8Array, length: number): string {
  let rest = 0n
  for (const byte of bytes) rest = (rest << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < length; i++) {
    text = alphabet.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}

/** 16 characters, each of 62 with the same chance (95 bits): bytes past a multiple of 62 are dropped. */
function randomId(): string {
  let id = ''
  while (id.length < keyIdLength) {
    for (const byte of randomBytes(keyIdLength)) {
      if (byte < 248 && id.length < keyIdLength) id += alphabet.charAt(byte % 62)
    }
  }
  return id
}

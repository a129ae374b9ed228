import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { detachedCopy } from '../detached-copy.ts'
import { keyIdLength, keyIdSyntax } from '../key-syntax.ts'

/**
 * The parts of an API key, `<prefix>_<id>_<secret><checksum>`. All characters except the separators are base62,
 * so that a double click selects the whole key.
 *
 * `id` has 16 characters and is public. `secret` is 32 random bytes as 43 characters. `checksum` is the CRC-32
 * of everything before it as 6 characters: it detects a typo or a truncated key without a database lookup, and
 * lets secret scanners drop false alarms. It is not a protection.
 */
export interface KeyParts {
  readonly id: string
  readonly secret: string
}

export interface GeneratedKey extends KeyParts {
  /** The whole key, which is shown once. */
  readonly key: string
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 43
const checksumLength = 6
const afterPrefix = new RegExp(`^_${keyIdSyntax}_[0-9A-Za-z]{${secretLength + checksumLength}}$`)

export function generateKey(prefix: string): GeneratedKey {
  return formatKey(prefix, randomId(), base62(randomBytes(32), secretLength))
}

/** Generates a new secret for the key with that id, for a rotation. */
export function generateSecret(prefix: string, id: string): GeneratedKey {
  return formatKey(prefix, id, base62(randomBytes(32), secretLength))
}

/** Parses a key. Returns `null` if its form or its checksum is wrong. */
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

/** Whether `text` is meant as an API key of that prefix, well-formed or not. */
export function looksLikeKey(text: string, prefix: string): boolean {
  return text.startsWith(`${prefix}_`)
}

/** Whether `text` has the form of an API key of that prefix. The checksum is not checked. */
export function hasKeyForm(text: string, prefix: string): boolean {
  return text.startsWith(prefix) && afterPrefix.test(text.slice(prefix.length))
}

/** Returns the public start of a key, `<prefix>_<id>`, by which people recognise it. */
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

/** Generates 16 characters (95 bits). Bytes from 248 on are dropped, so that all characters are equally likely. */
function randomId(): string {
  let id = ''
  while (id.length < keyIdLength) {
    for (const byte of randomBytes(keyIdLength)) {
      if (byte < 248 && id.length < keyIdLength) id += alphabet.charAt(byte % 62)
    }
  }
  return id
}

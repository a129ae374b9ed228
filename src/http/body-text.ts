import { isUtf8 } from 'node:buffer'
import { UnreadableBodyError } from './endpoint.ts'

/**
 * Decodes a body. JSON and forms are UTF-8 (RFC 8259 §8.1, WHATWG URL §5).
 *
 * @throws UnreadableBodyError if it is not UTF-8, where a decoder would replace what it cannot read by U+FFFD
 */
export function bodyText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new UnreadableBodyError('The body is not UTF-8.')
  return bytes.toString()
}

import type { KeyUseOrigin } from '../keys/api-key.ts'
import { plainAddress } from '../net/client-address.ts'
import type { CredentialCarrier } from './presented-credential.ts'

/** The most characters of a user agent that are stored. */
export const maxAgentLength = 256

/** The most characters of a header that are read to find them. */
const maxReadLength = 1_024

/** Characters that no text for people needs: controls, format characters, halves of a surrogate pair, line separators. */
const unreadable = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * Reads the address and the user agent of the client from a request; `null`: neither is known.
 *
 * @param before the client of the request before. It is returned if it is the same: the garbage collector takes
 *   longer for a new object in each request, because it is kept until the uses are written
 */
export function originOf(
  carrier: CredentialCarrier,
  before: KeyUseOrigin | null = null,
): KeyUseOrigin | null {
  const address = addressOf(carrier)
  const userAgent = userAgentOf(carrier)
  if (address === null && userAgent === null) return null
  const isSame = before !== null && before.address === address && before.userAgent === userAgent
  return isSame ? before : { address, userAgent }
}

function addressOf(carrier: CredentialCarrier): string | null {
  // A function of an application may return anything.
  const address: unknown = carrier.clientAddress?.()
  return typeof address === 'string' ? knownAddress(address) : null
}

function userAgentOf(carrier: CredentialCarrier): string | null {
  const sent = carrier.header('user-agent')
  return sent === null ? null : knownAgent(sent)
}

const knownAddress = memoizeLast(plainAddress)
const knownAgent = memoizeLast(readable)

/** Most requests come from the same client as the request before, so the last result is kept. */
function memoizeLast(read: (sent: string) => string | null): typeof read {
  let last: string | null = null
  let result: string | null = null
  return (sent) => {
    if (sent !== last) {
      result = read(sent)
      last = sent
    }
    return result
  }
}

function readable(sent: string): string | null {
  const text = sent.slice(0, maxReadLength).replace(unreadable, '').trim()
  return text === '' ? null : text.slice(0, maxAgentLength).trimEnd()
}

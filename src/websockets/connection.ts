import {
  carrierOf,
  isNodeRequest,
  type NodeRequest,
  requestIn,
} from '../admission/request-carrier.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import type { RawHeaders } from '../credentials/raw-headers.ts'
import type { LatchkeyError } from '../errors.ts'
import { isObject } from '../json.ts'
import { memoizeWeak } from '../memoize-weak.ts'

/**
 * The context of an operation in a WebSocket: the one of graphql-ws, also if its members are part of another
 * object, such as the context of Yoga; or the one of Mercurius.
 */
export interface ConnectionContext {
  readonly connectionInitReceived?: boolean
  /** The payload of the message `connection_init`. */
  readonly connectionParams?: unknown
  /** The socket and the request of the upgrade. */
  readonly extra?: unknown
}

/** A WebSocket with an operation of GraphQL. */
export interface Connection {
  /** Is the same object for all operations in the WebSocket. */
  readonly key: object
  /** @param clientAddress returns the address of the client. Default: unknown */
  readonly carrier: (clientAddress?: () => string | null) => CredentialCarrier
  /** The request of the upgrade; `null`: unknown. */
  readonly upgrade: Request | NodeRequest | null
  /** Closes the WebSocket; `null`: the context does not have it. */
  readonly close: ((code: number, reason: string) => unknown) | null
  /** `null`: it cannot be known when the WebSocket ends. */
  readonly ending: ConnectionEnding | null
}

export interface ConnectionEnding {
  readonly hasEnded: () => boolean
  /** Calls `listener` when the WebSocket ends, if the socket reports that. */
  readonly onEnd: (listener: () => void) => void
}

interface Members {
  readonly connectionInitReceived?: unknown
  readonly connectionParams?: unknown
  /** The name in Mercurius. */
  readonly _connectionInit?: unknown
  readonly extra?: { readonly socket?: unknown; readonly request?: unknown } | null
  readonly socket?: unknown
  readonly req?: unknown
  readonly request?: unknown
}

/** Whether `context` is that of an operation in a WebSocket. */
export function isConnection(context: object): context is ConnectionContext {
  const { connectionInitReceived, connectionParams } = context as Members
  return (
    connectionInitReceived !== undefined ||
    connectionParams !== undefined ||
    '_connectionInit' in context
  )
}

export function connectionOf(context: ConnectionContext): Connection {
  const { extra, socket, req, request, connectionParams, _connectionInit } = context as Members
  const upgrade = requestIn(extra?.request) ?? requestIn(req) ?? requestIn(request)
  const found = extra?.socket ?? socket
  const params = connectionParams ?? _connectionInit
  return {
    // The libraries make a new context for each operation, of the same parts.
    key: [extra, found, upgrade].find(isObject) ?? context,
    carrier: (clientAddress) => ({
      ...connectionCarrier(params, upgrade),
      ...(clientAddress && { clientAddress }),
    }),
    upgrade,
    close: closerOf(found),
    ending: endingOf(found),
  }
}

/** A value that no header can have, and that is refused as several credentials are. */
const notOne = ','

function connectionCarrier(
  params: unknown,
  upgrade: Request | NodeRequest | null,
): CredentialCarrier {
  const header = upgrade === null ? () => null : upgradeHeader(upgrade)
  const { authorization, apiKey } = isObject(params) ? credentialsIn(params) : noCredentials
  return {
    method: upgrade?.method,
    header(name) {
      const sent = header(name)
      if (name !== 'authorization' || authorization === null) return sent
      return sent === null ? authorization : notOne
    },
    apiKeyParameter: apiKey,
    queryParameters: (name) => (upgrade === null ? [] : carrierOf(upgrade).queryParameters(name)),
  }
}

/** @throws TooManyHeadersError if headers may be missing */
function upgradeHeader(upgrade: Request | NodeRequest): CredentialCarrier['header'] {
  const carrier = carrierOf(upgrade)
  // Mercurius adds the parameters of the connection to the headers of Node.
  return (name) => (isNodeRequest(upgrade) && !wasSent(upgrade, name) ? null : carrier.header(name))
}

function wasSent({ rawHeaders }: RawHeaders, name: string): boolean {
  return rawHeaders.some((sent, n) => n % 2 === 0 && sent.toLowerCase() === name)
}

interface ConnectionCredentials {
  readonly authorization: string | null
  readonly apiKey: string | null
}

const noCredentials: ConnectionCredentials = { authorization: null, apiKey: null }

/**
 * Reads the parameters of a connection once, at its first operation: a client may send a million of them, and each
 * further operation would take as long.
 */
const credentialsIn = memoizeWeak((params: object): ConnectionCredentials => {
  const found = { authorization: [] as unknown[], apikey: [] as unknown[] }
  for (const [sent, value] of Object.entries(params)) {
    if (sent.length > 'authorization'.length || value === undefined || value === null) continue
    const name = sent.toLowerCase()
    if (name === 'authorization' || name === 'apikey') found[name].push(value)
  }
  return { authorization: oneText(found.authorization), apiKey: oneText(found.apikey) }
})

/** The maximum length of a credential, which is that of all headers of a request together in Node. */
const maxLength = 16_384

/** Returns the text that is the only one of `values`; `null`: there is none. */
function oneText(values: readonly unknown[]): string | null {
  const [value = null] = values
  if (value === null) return null
  const isText = typeof value === 'string' && value.length <= maxLength
  return values.length === 1 && isText ? value : notOne
}

function closerOf(socket: unknown): Connection['close'] {
  const { close, end } = (socket ?? {}) as Record<string, unknown>
  if (typeof close !== 'function') return null
  // `close` of uWebSockets.js sends no code.
  const send = typeof end === 'function' ? end : close
  return (code, reason) => send.call(socket, code, reason)
}

/** `readyState` of a WebSocket that is closing. */
const closing = 2

function endingOf(socket: unknown): ConnectionEnding | null {
  const { readyState, once, addEventListener } = (socket ?? {}) as Record<string, unknown>
  if (typeof readyState !== 'number') return null
  const listen = typeof once === 'function' ? once : addEventListener
  return {
    hasEnded: () => (socket as { readyState: number }).readyState >= closing,
    onEnd: (listener) => {
      if (typeof listen === 'function') listen.call(socket, 'close', listener)
    },
  }
}

/** The close code for a credential that is not valid. Clients of graphql-ws connect again. */
const forbidden = 4403

/**
 * Closes a WebSocket because of its credential.
 *
 * @param wasAccepted whether the credential was valid before. Otherwise the operation gets its error first, so that
 *   a client does not repeat it in vain
 */
export function closeConnection(
  { key, close }: Connection,
  error: LatchkeyError,
  wasAccepted: boolean,
): void {
  if (close === null) return
  if (wasAccepted) close(forbidden, error.message)
  else if (!closingSoon.has(key)) {
    closingSoon.add(key)
    setTimeout(close, answerMs, forbidden, error.message).unref()
  }
}

/** The connections that will be closed. A client may send many operations until then. */
const closingSoon = new WeakSet<object>()

/** The time in which the operation gets its error, in milliseconds. */
const answerMs = 100

import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { ConnectionLost, TlsError } from './errors.ts'
import { applicationProtocol, type Wire } from './tls.ts'

/** The request for TLS (PostgreSQL documentation, §54.7, `SSLRequest`). */
const tlsRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

export interface SocketOptions {
  readonly where: NetConnectOpts
  readonly wire: Wire
  /** `null` only if `wire` is `plain`. */
  readonly tls: ConnectionOptions | null
  /** Whether TLS starts without a request for it. */
  readonly direct: boolean
  /** Whether the socket keeps the process alive. */
  readonly keepsProcessAlive: boolean
  readonly signal: AbortSignal
}

/**
 * Connects, and secures the connection if `wire` says so. The driver could negotiate TLS too, but it
 * takes any answer except `S` as consent to continue unencrypted, treats unencrypted data that follows
 * the answer as if it had been secured, and names no host to check the certificate against.
 *
 * @throws TlsError, or the error of Node for the connection
 */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { where, wire, tls, direct, keepsProcessAlive, signal } = options
  const socket = createConnection({ ...where, noDelay: true })
  if (!keepsProcessAlive) socket.unref()
  let current: Socket = socket
  // A failure may be reported in another way, or after its last listener was removed.
  socket.on('error', () => {})
  const destroyCurrent = () => current.destroy()
  signal.addEventListener('abort', destroyCurrent)
  try {
    signal.throwIfAborted()
    await next(socket, 'connect', signal)
    if (wire === 'plain' || tls === null) return socket
    if (!direct && !(await offersTls(socket, signal))) {
      if (wire === 'tls if offered') return socket
      throw new TlsError('the server does not speak TLS, which sslmode demands')
    }
    const secured = connectTls({ ...tls, socket })
    current = secured
    secured.on('error', () => {})
    await secure(secured, signal)
    if (direct && secured.alpnProtocol !== applicationProtocol) {
      throw new TlsError('the server does not speak PostgreSQL over direct TLS')
    }
    return secured
  } catch (error) {
    current.destroy()
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', destroyCurrent)
  }
}

/** Asks for TLS. The answer is one byte. Data after it cannot come from an honest server. */
async function offersTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(tlsRequest)
  const answer = await next<Buffer>(socket, 'data', signal)
  const byte = answer.toString('latin1')
  if (byte === 'S') return true
  if (byte === 'N') return false
  throw new TlsError('the server did not answer the request for TLS as PostgreSQL does')
}

async function secure(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  try {
    await next(socket, 'secureConnect', signal)
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error
    throw new TlsError(`TLS failed: ${error.message}`, error)
  }
}

/**
 * Resolves with the first argument of the next such event. Rejects if an error or the end comes first.
 */
function next<T>(socket: Socket, event: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const listeners: Readonly<Record<string, (value: unknown) => void>> = {
      [event]: (value) => settle(() => resolve(value as T)),
      error: (error) => settle(() => reject(error)),
      close: () => settle(() => reject(new ConnectionLost())),
    }
    const aborted = () => settle(() => reject(signal.reason))
    function settle(how: () => void) {
      for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener)
      signal.removeEventListener('abort', aborted)
      how()
    }
    for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener)
    signal.addEventListener('abort', aborted)
  })
}

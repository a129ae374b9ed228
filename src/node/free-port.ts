import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

export interface ReservedPort {
  readonly port: number
  /** Frees the port, so that this process can listen on it. Does nothing if it was released. */
  release(): Promise<void>
}

/** Reserves any free port. Connections to it are closed until it is released. */
export async function reservePort(host: string): Promise<ReservedPort> {
  const server = createServer((socket) => socket.destroy()).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async release() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

/** The time for an address to accept a connection, in milliseconds. After it, the port counts as free. */
const connectTimeoutMs = 500

/**
 * Checks that no other program listens at an address, without listening there itself: a proxy would send
 * requests at once.
 *
 * @throws Error with code EADDRINUSE
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, timeout: connectTimeoutMs })
  const isTaken = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false)).once('timeout', () => resolve(false))
  })
  socket.destroy()
  if (!isTaken) return
  // The error that listening there would give.
  throw Object.assign(new Error(`listen EADDRINUSE: address already in use ${host}:${port}`), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: host,
    port,
  })
}

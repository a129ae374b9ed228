import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeAfterAnswer } from './exchanges.ts'

/** Ends the connections of a server without losing a request. */
export interface Draining {
  /**
   * From now on, each connection is closed after its next answer, which says so (`Connection: close`). New
   * connections are still accepted.
   */
  begin(): void
  /** Returns whether a connection is closed after the answer that begins now. */
  isClosing(): boolean
  /** Accepts no more connections, and resolves after the last request in flight is answered. */
  close(): Promise<void>
}

/**
 * How long connections are kept again before the server stops to listen, in milliseconds. A proxy then opens
 * few new ones at that moment, which is the only one in which the kernel may reset a connection.
 */
const keepMs = 250
/**
 * How long an idle connection stays open after the server has stopped to listen, in milliseconds. A request
 * may be on its way on it, and a proxy does not repeat a POST whose connection was closed. A proxy that uses
 * all its idle connections in this time finds out that no new one is accepted, and tries another node.
 */
const idleGraceMs = 1_000

export function createDraining(server: Server): Draining {
  const open = new Set<Socket>()
  let accepted = 0
  let closing = false
  server.on('connection', (socket) => {
    accepted++
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })

  function begin(): void {
    closing = true
    for (const socket of open) closeAfterAnswer(socket)
  }

  function closeIdle(): void {
    server.closeIdleConnections()
    // To Node, a connection is not idle before its first request.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  }

  function stopListening(): Promise<void> {
    return new Promise((resolve) => {
      // The `close` of an HTTP server also closes the idle connections at once.
      NetServer.prototype.close.call(server, () => {
        clearTimeout(grace)
        clearInterval(idle)
        resolve()
      })
      begin()
      let idle: NodeJS.Timeout | undefined
      const grace = setTimeout(() => {
        closeIdle()
        // A connection with a pending answer becomes idle only after it, and the client keeps it open.
        idle = setInterval(closeIdle, 50)
      }, idleGraceMs)
    })
  }

  return {
    begin,
    isClosing: () => closing,
    async close() {
      if (closing) {
        closing = false
        await sleep(keepMs)
      }
      return await new Promise((resolve) => {
        const stop = () => resolve(stopListening())
        afterEmptyTurn(() => accepted, stop)
      })
    },
  }
}

/** How long to wait for a turn of the event loop that reads nothing, in milliseconds. */
const emptyTurnWaitMs = 1_000
/** The maximum length of a turn that reads nothing, in milliseconds. */
const emptyTurnMs = 0.1

/**
 * Calls `stop` at the end of a turn of the event loop that read nothing, or on a busy server that accepted no
 * connection. When a server stops to listen, the kernel resets the connections that wait to be accepted, and
 * a client may have sent a request on them. The loop accepts at most one of them in each turn.
 */
function afterEmptyTurn(accepted: () => number, stop: () => void): void {
  const until = performance.now() + emptyTurnWaitMs
  let before = accepted()
  let since = performance.now()
  const look = () => {
    const now = performance.now()
    const isQuiet = accepted() === before && (now - since < emptyTurnMs || now > until)
    if (isQuiet || now > until + emptyTurnWaitMs) return stop()
    before = accepted()
    since = now
    setImmediate(look)
  }
  setImmediate(look)
}

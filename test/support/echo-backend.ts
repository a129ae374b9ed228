import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Echo {
  readonly method: string
  readonly url: string
  /** The headers in the order received, as pairs of a lower-case name and a value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

export interface EchoBackend {
  readonly port: number
  /** The requests received so far. */
  readonly seen: Echo[]
  /** Returns the number of connections opened so far. */
  readonly connections: () => number
  /** Called with each part of a body when it arrives. */
  onPart: (part: string) => void
  close(): Promise<void>
}

/** Starts a backend that answers each request with a description of it. */
export async function startEchoBackend(): Promise<EchoBackend> {
  const seen: Echo[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) {
      parts.push(part)
      self.onPart(String(part))
    }
    const echo = toEcho(request, Buffer.concat(parts).toString())
    seen.push(echo)
    response.setHeader('content-type', 'application/json')
    response.setHeader('x-from-backend', 'yes')
    response.end(JSON.stringify(echo))
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const self: EchoBackend = {
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => connections,
    onPart: () => {},
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return self
}

function toEcho({ method = '', url = '', rawHeaders }: IncomingMessage, body: string): Echo {
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1] ?? ''] as const] : [],
  )
  return { method, url, headers, body }
}

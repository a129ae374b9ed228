import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { listen } from '../../src/node/listen.ts'
import type { App } from '../../src/server/create-app.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Alternating names and values, as they were sent. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** Serves the app on a socket of its own. */
export async function listenWith(
  app: Pick<App, 'fetch' | 'listener'> & Partial<Pick<App, 'shareUnreadable'>>,
) {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    handler: app.fetch,
    listener: app.listener,
    ...(app.shareUnreadable && { shareUnreadable: app.shareUnreadable }),
  })
  return {
    port: listener.port,
    async close() {
      listener.destroy()
      await listener.close()
    },
  }
}

export interface SendOptions {
  readonly method?: string
  readonly body?: string | Buffer
  /** The agent. Default: a connection of its own, which is closed after the answer. */
  readonly agent?: Agent | false
}

/** Sends exactly this request: neither the target nor the headers are corrected on the way. */
export function send(
  port: number,
  target: string,
  headers: readonly string[] = [],
  { method = 'GET', body = '', agent = false }: SendOptions = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = [...headers]
    if (!sent.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')) {
      sent.push('Host', `127.0.0.1:${port}`)
    }
    if (body.length > 0) sent.push('Content-Length', String(Buffer.byteLength(body)))
    const request = httpRequest(
      { host: '127.0.0.1', port, path: target, method, headers: sent, agent },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks).toString(),
          }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

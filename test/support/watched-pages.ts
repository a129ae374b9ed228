import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** The first script of each page. It reports what the browser complains about. */
const watch = `{
const report = (text) => navigator.sendBeacon('/watch/report', location.pathname + ': ' + text)
addEventListener('error', ({ message, target }) => report('error ' + (message ?? target.src ?? target.href)), true)
addEventListener('unhandledrejection', ({ reason }) => report('rejection ' + reason))
addEventListener('securitypolicyviolation', (event) => report(event.violatedDirective + ' ' + event.blockedURI))
const { error } = console
console.error = (...values) => (report('console ' + values.join(' ')), error.apply(console, values))
}`

/**
 * Starts a proxy in front of a server that adds a script to each page. It is for browsers whose protocol does not
 * report violations of a policy and errors of scripts.
 */
export async function watchPages(port: number, targetPort: number) {
  const problems: string[] = []
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/watch/script') {
      outgoing.writeHead(200, { 'content-type': 'text/javascript' }).end(watch)
    } else if (incoming.url === '/watch/report') {
      textOf(incoming).then((text) => {
        problems.push(text)
        outgoing.writeHead(204).end()
      })
    } else forward(incoming, outgoing, targetPort)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    /** What the browser complained about so far. */
    problems: problems as readonly string[],
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming
  const isPage = headers.accept?.includes('text/html') === true
  const sent = request(
    {
      ...{ host: '127.0.0.1', port, method, path },
      headers: isPage ? { ...headers, 'accept-encoding': 'identity' } : headers,
    },
    async (answer) => {
      if (answer.headers['content-type']?.startsWith('text/html') !== true) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
        return
      }
      const html = await textOf(answer)
      const { 'content-length': _, 'transfer-encoding': __, ...rest } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, rest)
      outgoing.end(html.replace('<head>', '<head><script src="/watch/script"></script>'))
    },
  )
  sent.on('error', () => outgoing.destroy())
  outgoing.on('close', () => sent.destroy())
  incoming.pipe(sent)
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message.setEncoding('utf8')) text += chunk
  return text
}

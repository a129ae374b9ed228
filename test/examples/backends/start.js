/*
 * nginx in front of an Express and a Hono backend, and Latchkey beside it. One command:
 *
 *   npm run example:backends
 *
 * Ctrl-C stops it all. Needs nginx (Debian: apt-get install nginx). The
 * ports can be set: PROXY_PORT, LATCHKEY_PORT, ORDERS_PORT, BILLING_PORT.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const {
  PROXY_PORT = '8080',
  LATCHKEY_PORT = '4000',
  ORDERS_PORT = '4001',
  BILLING_PORT = '4002',
  DATA_DIR = '.data',
} = process.env
const latchkeyUrl = `http://127.0.0.1:${LATCHKEY_PORT}`
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const children = []
let stopping = false

function start(name, command, words, environment = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment }
  const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  child.on('error', (error) => fail(`${name} cannot be started: ${error.message}`))
  child.on('exit', () => {
    if (!stopping) fail(`${name} has ended.`)
  })
  children.push(child)
  return child
}

function fail(message) {
  console.error(message)
  process.exitCode = 1
  stop()
}

async function stop() {
  if (stopping) return
  stopping = true
  for (const child of children.toReversed()) {
    if (child.pid === undefined || child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}

/** The configuration that the documentation shows, with these ports. */
function nginxFolder() {
  const copy = mkdtempSync(join(tmpdir(), 'latchkey-example-'))
  cpSync(here('../../../docs/examples/proxies/nginx'), copy, { recursive: true })
  const file = join(copy, 'nginx.conf')
  const ports = { 4000: LATCHKEY_PORT, 4001: ORDERS_PORT, 4002: BILLING_PORT, 8080: PROXY_PORT }
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${ports[port]}`),
  )
  return copy
}

const canConnect = (port) =>
  new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

async function isListening(port) {
  while (!stopping && !(await canConnect(port))) await new Promise((done) => setTimeout(done, 50))
}

const folder = nginxFolder()
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

const latchkey = start('Latchkey', process.execPath, [here('../../../dist/cli/main.js'), 'serve'], {
  PORT: LATCHKEY_PORT,
  DATA_DIR,
})
let banner = ''
for await (const chunk of latchkey.stdout.iterator({ destroyOnReturn: false })) {
  banner += chunk
  if (/^Try .+\n/m.test(banner)) break
}
latchkey.stdout.resume()

const environment = (port) => ({ PORT: port, LATCHKEY_URL: latchkeyUrl })
start('orders', process.execPath, [here('orders.js')], environment(ORDERS_PORT))
start('billing', process.execPath, [here('billing.js')], environment(BILLING_PORT))
start('nginx', 'nginx', ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'])
await Promise.all([ORDERS_PORT, BILLING_PORT, PROXY_PORT].map(isListening))

if (!stopping) {
  const key = /^API key +(\S+)$/m.exec(banner)?.[1]
  const jwt = /^JWT +(\S+)$/m.exec(banner)?.[1]
  const proxy = `http://127.0.0.1:${PROXY_PORT}`
  console.log(`Proxy     ${proxy}
API key   ${key}
JWT       ${jwt}

curl -i ${proxy}/orders/
curl -i ${proxy}/orders/public/
curl -i ${proxy}/orders/ -H 'X-API-Key: ${key}'
curl -i ${proxy}/orders/ -H 'Authorization: Bearer ${jwt}'
curl -i ${proxy}/billing/invoices -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' -d '{"amount":7}'

Ready. Ctrl-C stops everything.`)
}

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  bin,
  commandOn,
  type ServerProcess,
  startServerProcess,
  temporaryFolder,
} from '../support/server-process.ts'

const count = 2
let dataDir: string
let server: ServerProcess

const start = () => startServerProcess(dataDir, {}, ['--workers', String(count)])

beforeEach(() => {
  dataDir = temporaryFolder()
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/** Repeats a request while the answer is 503: a first lookup may time out on a busy machine. */
async function ask(credential?: string): Promise<number> {
  for (;;) {
    const status = await askOnce(credential)
    if (status !== 503) return status
  }
}

/** Sends one request on a new connection: workers get connections in turn. */
function askOnce(credential = ''): Promise<number> {
  const agent = new Agent({ keepAlive: false })
  const headers = {
    'content-type': 'application/json',
    ...(credential !== '' && { authorization: `Bearer ${credential}` }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(server.url, { method: 'POST', headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', reject).end('{"query":"{ viewer { subject } }"}')
  })
}

/** Returns the answer of each worker to a credential. */
const askAll = async (credential = '') => {
  const answers: number[] = []
  for (let n = 0; n < 2 * count; n++) answers.push(await ask(credential))
  return [...new Set(answers)]
}

const command = (...words: string[]) => commandOn(dataDir, ...words)

/** Opens a connection without a request: Node keeps one that was opened last until it ends. */
function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

const pidsIn = (text: string) => [
  ...new Set([...text.matchAll(/"worker":(\d+)/g)].map(([, pid]) => Number(pid))),
]

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('several workers', () => {
  beforeEach(async () => {
    server = await start()
  })
  afterEach(async () => {
    server.child.kill('SIGTERM')
    await server.ended
  })

  it('serve one address with the same users, credentials and counts', async () => {
    for (const credential of ['API key', 'JWT']) {
      expect(await askAll(server.banner[credential])).toEqual([200])
    }
    const answered = new RegExp(
      `"worker":(${pidsIn(server.errors()).join('|')}),"requestId".*"subject":"ada"`,
      'g',
    )
    await vi.waitFor(() =>
      expect(pidsIn([...server.errors().matchAll(answered)].join('\n'))).toHaveLength(count),
    )
    const metrics = await (await fetch(new URL('/metrics', server.url))).text()
    expect(metrics).toContain(
      `latchkey_http_requests_total{path="/graphql",method="POST",status="200"} ${4 * count}\n`,
    )
    expect(metrics).toContain('latchkey_database_up 1\n')
    expect(metrics).toContain(
      `latchkey_authentications_total{kind="jwt",outcome="accepted",reason=""} ${2 * count}\n`,
    )
  })

  it('all refuse a key once `keys revoke --wait` returns', async () => {
    const { apiKey, key } = command(
      ...['keys', 'create', '--owner', 'ada', '--name', 'x', '--scopes', 'read:users'],
    )
    expect(await askAll(key)).toEqual([200])
    const { nodes } = command('keys', 'revoke', apiKey.id, '--wait')
    expect(await askAll(key)).toEqual([401])
    expect(nodes.unanswered).toEqual([])
    expect(nodes.answered.map(({ pid }: { pid: number }) => pid).sort()).toEqual(
      pidsIn(server.errors()).sort(),
    )
  })

  it('keep serving while one that was killed is replaced', async () => {
    const [killed = 0] = pidsIn(server.errors())
    process.kill(killed, 'SIGKILL')
    await vi.waitFor(() => expect(pidsIn(server.errors())).toHaveLength(count + 1), {
      timeout: 20_000,
    })
    expect(await askAll(server.banner['API key'])).toEqual([200])
    expect(server.errors()).toContain(
      `"worker":${killed},"code":null,"signal":"SIGKILL","msg":"a worker ended; it is replaced"`,
    )
  })

  it('keep serving when one ends at the moment in which it gets a question', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const get = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const asked = request(new URL(path, server.url), { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        asked.on('error', reject).end()
      })
    await get('/healthz')
    const answered = /"worker":(\d+),"requestId":"[^"]+","method":"GET","path":"\/healthz"/
    await vi.waitFor(() => expect(server.errors()).toMatch(answered))
    const asking = Number(answered.exec(server.errors())?.[1])
    const other = pidsIn(server.errors()).find((pid) => pid !== asking) ?? 0
    // The parent process receives the question before it notices the end of the worker.
    server.child.kill('SIGSTOP')
    const status = get('/metrics')
    await sleep(300)
    process.kill(other, 'SIGKILL')
    await sleep(300)
    server.child.kill('SIGCONT')
    expect(await status).toBe(200)
    await vi.waitFor(() => expect(pidsIn(server.errors())).toHaveLength(count + 1), {
      timeout: 20_000,
    })
    agent.destroy()
  })

  it('finish the requests in flight on SIGTERM, stop the database last, and end with 0', async () => {
    expect(await askAll(server.banner['API key'])).toEqual([200])
    const { hostname, port } = new URL(server.url)
    const body = '{"query":"{ viewer { subject } }"}'
    const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${server.banner['API key']}\r\nContent-Length: ${body.length}\r\n\r\n`
    const slow = Array.from({ length: 2 * count }, () => {
      const socket = connect(Number(port), hostname)
      socket.write(head + body.slice(0, 10))
      let text = ''
      socket.on('data', (chunk: Buffer) => {
        text += chunk
      })
      const answered = new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
      return { socket, answered }
    })
    // The workers have read these requests once they have answered later ones.
    expect(await askAll()).toEqual([200])
    const began = performance.now()
    server.child.kill('SIGTERM')
    await vi.waitFor(async () => expect(await isRefused(Number(port))).toBe(true), {
      timeout: 20_000,
    })
    for (const { socket } of slow) socket.write(body.slice(10))
    for (const { answered } of slow) expect(await answered).toMatch(/^HTTP\/1.1 200 /)
    expect(await server.ended).toBe(0)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(server.errors()).not.toContain('"level":"error"')
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
    for (const pid of pidsIn(server.errors())) expect(isRunning(pid)).toBe(false)
  })

  it('end with their parent process, however it ends, and a new start works', async () => {
    const pids = pidsIn(server.errors())
    server.child.kill('SIGKILL')
    await server.ended
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 20_000 })
    server = await start()
    expect(await askAll(server.banner['API key'])).toEqual([200])
  })
})

describe('a first worker that cannot start', () => {
  const serve = (environment: Record<string, string>) =>
    spawnSync(process.execPath, [bin, 'serve', '--workers', '2'], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    })

  it('ends the server with its exit code when the database cannot be reached', () => {
    const { status, stderr } = serve({ DATABASE_URL: 'postgres://x:y@127.0.0.1:1/z', PORT: '0' })
    expect(stderr).toContain('The database cannot be reached:')
    expect(status).toBe(69)
  })

  it('ends the server when the port is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { status, stderr } = serve({ PORT: port })
    expect(stderr).toMatch(/^latchkey: Another program uses this port: .*EADDRINUSE/m)
    expect(status).toBe(1)
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
    taken.close()
  })
})

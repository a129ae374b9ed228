import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { send } from '../support/listening.ts'
import { freePort, hasProgram, type RunningProgram, startProgram } from '../support/programs.ts'
import { bin, temporaryFolder } from '../support/server-process.ts'

const nodeCount = 3
const restarts = 6
const clients = 12

interface Node {
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts a node, and waits until its port is open: it may get requests from then on. */
async function startNode(port: number, environment: Record<string, string>): Promise<Node> {
  let child: ChildProcess
  async function start(): Promise<void> {
    child = spawn(process.execPath, [bin, 'serve'], {
      env: { PATH: process.env.PATH, ...environment, PORT: String(port) },
      stdio: 'ignore',
    })
    while (!(await isOpen(port))) {
      if (child.exitCode !== null) throw new Error(`The node ended with ${child.exitCode}.`)
      await new Promise((done) => setTimeout(done, 10))
    }
  }
  async function stop(): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  }
  await start()
  return {
    stop,
    async restart() {
      await stop()
      await start()
    },
  }
}

const isOpen = (port: number) =>
  send(port, '/healthz').then(
    () => true,
    () => false,
  )

/**
 * nginx with its defaults for retries: a POST that was sent is never sent to another node. It does not mark nodes
 * as failed: a mark outlasts the restart, and nginx answers 502 while all nodes have one.
 */
const configuration = (folder: string, port: number, ports: readonly number[]) => `
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    access_log off;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n    ')}
    upstream latchkey {
        ${ports.map((node) => `server 127.0.0.1:${node} max_fails=0;`).join('\n        ')}
        keepalive 32;
    }
    server {
        listen 127.0.0.1:${port};
        location / {
            proxy_pass http://latchkey;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
}
`

describe.skipIf(!hasProgram('nginx'))('three nodes behind nginx', () => {
  let database: TestDatabase
  let issuer: TestIssuer
  let jwt: string
  let port: number
  let nginx: RunningProgram
  let nodes: Node[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    issuer = await startIssuer()
    jwt = await issuer.sign()
    port = await freePort()
  })
  afterAll(async () => {
    await issuer.close()
    await database.close()
  })

  async function start(environment: Record<string, string>): Promise<void> {
    const ports = await Promise.all(Array.from({ length: nodeCount }, freePort))
    const shared = {
      DATABASE_URL: database.url,
      JWT_ISSUER: issuer.issuer,
      JWT_AUDIENCE: testAudience,
      DATA_DIR: temporaryFolder(),
      ...environment,
    }
    nodes = []
    // One after the other: they share the folder, in which the first makes keys.
    for (const node of ports) nodes.push(await startNode(node, shared))
    const folder = join(temporaryFolder(), 'nginx')
    mkdirSync(folder)
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, ports))
    nginx = await startProgram('nginx', ['-p', folder, '-c', 'nginx.conf'], port)
  }

  async function stop(): Promise<void> {
    await nginx.stop()
    await Promise.all(nodes.map((node) => node.stop()))
  }

  /** Sends requests one after the other, as `clients` programs with a connection each, until `over`. */
  async function load(over: AbortSignal): Promise<Map<string, number>> {
    const outcomes = new Map<string, number>()
    const headers = ['Content-Type', 'application/json', 'Authorization', `Bearer ${jwt}`]
    const body = '{"query":"{ viewer { subject } }"}'
    const client = async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!over.aborted) {
        const outcome = await send(port, '/graphql', headers, { method: 'POST', body, agent }).then(
          (answer) => `${answer.status} ${answer.status === 200 ? '' : answer.body}`.trim(),
          (error: Error) => error.message,
        )
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        await new Promise((done) => setTimeout(done, 5))
      }
      agent.destroy()
    }
    await Promise.all(Array.from({ length: clients }, client))
    return outcomes
  }

  test.each([
    ['without a delay', {}],
    ['with a delay', { SHUTDOWN_DELAY_SECONDS: '1' }],
  ])(
    'lose no request when they are restarted one after the other, %s',
    { timeout: 120_000 },
    async (_name, environment) => {
      await start(environment)
      onTestFinished(stop)
      const over = new AbortController()
      const loaded = load(over.signal)
      for (let n = 0; n < restarts; n++) await nodes[n % nodeCount]?.restart()
      over.abort()
      const outcomes = await loaded
      expect([...outcomes.keys()]).toEqual(['200'])
      expect(outcomes.get('200')).toBeGreaterThan(1_000)
    },
  )
})

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import {
  commandOn,
  type ServerProcess,
  startServerProcess,
  temporaryFolder,
} from '../support/server-process.ts'

const dataDir = temporaryFolder()
const folder = temporaryFolder()
const dumps = join(folder, 'dumps')
let server: ServerProcess

beforeAll(async () => {
  mkdirSync(dumps)
  const NODE_OPTIONS = `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${dumps}`
  server = await startServerProcess(dataDir, { NODE_OPTIONS })
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  for (const made of [dataDir, folder]) rmSync(made, { recursive: true, force: true })
})

/** Sends a request over a new connection: Node keeps the last request of an open one. */
function ask(credential: string, query: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${credential}` }
  return new Promise((resolve, reject) => {
    request(server.url, { method: 'POST', agent: false, headers }, (response) => {
      response.resume().once('close', resolve)
    })
      .once('error', reject)
      .end(JSON.stringify({ query }))
  })
}

/** Sends the credential in the query that a proxy passes on from its client. */
function askAbout(credential: string, target: string): Promise<void> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const path = `${target}?api_key=${credential}`
    request({ hostname, port, path, agent: false }, (response) => {
      response.resume().once('close', resolve)
    })
      .once('error', reject)
      .end()
  })
}

/** Returns the text of all objects in the server's heap. */
async function dumpHeap(): Promise<string> {
  rmSync(dumps, { recursive: true, force: true })
  mkdirSync(dumps)
  server.child.kill('SIGUSR2')
  return vi.waitFor(
    () => {
      const [file = ''] = readdirSync(dumps)
      const text = readFileSync(join(dumps, file), 'utf8')
      expect(text.endsWith('}')).toBe(true)
      return text
    },
    { timeout: 30_000, interval: 100 },
  )
}

const targets = {
  'behind what a proxy asks': '/auth/verify;scope=read:users/orders',
  'in a whole URL': 'http://another.example/healthz',
}

const queries = {
  'that is answered': '{ viewer { subject } }',
  'that no schema allows': '{ nothing }',
  'that is not GraphQL': '{ viewer {',
  'that asks for more than it may': '{ auditEvents { nodes { id } } }',
  'that fails': 'mutation { revokeApiKey(input: {id: "none"}) { apiKey { id } } }',
}

it('the memory of a server holds no secret, whatever requests it answered', {
  timeout: 90_000,
}, async () => {
  const words = ['keys', 'create', '--owner', 'ada', '--name', 'x', '--scopes', 'write:keys']
  const keys = Object.entries(queries).map(([name, query]) => {
    const { key } = commandOn(dataDir, ...words)
    return { name, query, key }
  })
  const strange = generateKey('lk')
  const passedOn = Object.entries(targets).map(([name, target]) => ({
    name,
    target,
    key: generateKey('lk').key,
  }))
  const all = [...keys, { name: 'of nobody', query: queries['that is answered'], key: strange.key }]
  const [, id = ''] = all[0]?.key.split('_') ?? []
  // Node keeps the latest requests for a while, longer on a busy machine: then the test repeats its check.
  await vi.waitFor(
    async () => {
      for (const { key, query } of all) {
        for (let n = 0; n < 3; n++) await ask(key, query)
      }
      for (const { key, target } of passedOn) {
        for (let n = 0; n < 3; n++) await askAbout(key, target)
      }
      for (let n = 0; n < 5; n++) await ask('neither', queries['that is answered'])
      const heap = await dumpHeap()
      expect(heap.includes(id)).toBe(true)
      const held = [...all, ...passedOn]
        .filter(({ key }) => heap.includes(key.slice(-49)))
        .map(({ name }) => name)
      expect(held).toEqual([])
    },
    { timeout: 60_000, interval: 1_000 },
  )
})

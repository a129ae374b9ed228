import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  bin,
  type ServerProcess,
  startServerProcess,
  temporaryFolder,
} from '../support/server-process.ts'

const dataDir = temporaryFolder()
let server: ServerProcess

beforeAll(async () => {
  server = await startServerProcess(dataDir)
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  rmSync(dataDir, { recursive: true, force: true })
})

async function ask(key: string): Promise<number> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: '{"query":"{ viewer { subject } }"}',
  })
  await response.text()
  return response.status
}

function command(...words: string[]) {
  const env = { PATH: process.env.PATH, DATA_DIR: dataDir }
  return JSON.parse(execFileSync(process.execPath, [bin, ...words, '--json'], { env }).toString())
}

it('a process that was stopped refuses, when it goes on, what was revoked meanwhile', async () => {
  const made = command(
    ...['keys', 'create', '--owner', 'ada', '--name', 'x', '--scope', 'read:users'],
  )
  for (let n = 0; n < 3; n++) expect(await ask(made.key)).toBe(200)

  server.child.kill('SIGSTOP')
  const { nodes } = command('keys', 'revoke', made.apiKey.id, '--wait')
  // Sent before it goes on, so that they are the first it sees.
  const answers = Array.from({ length: 5 }, () => ask(made.key))
  await new Promise((resolve) => setTimeout(resolve, 100))
  server.child.kill('SIGCONT')

  for (const status of await Promise.all(answers)) expect([401, 503]).toContain(status)
  expect(nodes.answered).toEqual([])
})

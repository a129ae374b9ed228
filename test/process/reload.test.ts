import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ServerProcess,
  startServerProcess,
  temporaryFolder,
} from '../support/server-process.ts'

let dataDir: string
let scopesFile: string

beforeEach(() => {
  dataDir = temporaryFolder()
  scopesFile = join(dataDir, 'scopes.json')
  writeFileSync(scopesFile, '{"read:orders":"Read orders."}')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/** Asks over a new connection, so that any worker may answer. */
async function scopesOf({ url }: ServerProcess): Promise<string[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"query":"{ scopes { name } }"}',
  })
  const { data } = await response.json()
  return data.scopes.map(({ name }: { name: string }) => name)
}

describe.each([
  ['one process', 1],
  ['two workers', 2],
])('SIGHUP to %s', (_, workers) => {
  it('reads the settings again, or nothing where they are faulty, and stops nothing', async () => {
    const words = workers === 1 ? [] : ['--workers', String(workers)]
    const server = await startServerProcess(dataDir, { SCOPES_FILE: scopesFile }, words)
    const logged = (text: string) => server.errors().split(text).length - 1
    try {
      expect(await scopesOf(server)).toContain('read:orders')
      writeFileSync(scopesFile, '{"write:orders":"Change orders."}')
      server.child.kill('SIGHUP')
      // With workers, the first process logs it too.
      const times = workers === 1 ? 1 : workers + 1
      await vi.waitFor(() => expect(logged('were read again')).toBe(times), 10_000)
      for (let n = 0; n < 10; n++) expect(await scopesOf(server)).toContain('write:orders')

      writeFileSync(scopesFile, '{')
      server.child.kill('SIGHUP')
      await vi.waitFor(() => expect(logged('nothing has changed')).toBe(1), 10_000)
      expect(server.errors()).toContain('names a file that is not JSON')
      for (let n = 0; n < 10; n++) expect(await scopesOf(server)).toContain('write:orders')
    } finally {
      server.child.kill('SIGTERM')
      expect(await server.ended).toBe(0)
    }
  })
})

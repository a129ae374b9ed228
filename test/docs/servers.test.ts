import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const shown = ['docs', 'test/examples', 'test/gateway', 'test/federation'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('node_modules'))
    // Applications with tests of their own, made as their frameworks recommend.
    .filter((name) => !name.startsWith('apps/'))
    .map((name) => join(folder, name)),
)

/** Each code block of a document is a program of its own. */
const programs = ['README.md', ...shown].flatMap((file): [string, string][] => {
  if (!/\.(?:js|ts|mjs|md)$/.test(file)) return []
  const text = readFileSync(join(root, file), 'utf8')
  if (!file.endsWith('.md')) return [[file, text]]
  return [...text.matchAll(/```(?:ts|js)\n([\s\S]*?)```/g)].map(([, code = ''], n) => [
    `${file}, block ${n + 1}`,
    code,
  ])
})
/** Ways to make a server of Node's. */
const serving = /\bcreateServer\(|\bserve\(\{|\bapp\.listen\(/
/**
 * A guard of Latchkey refuses a request whose headers Node may have dropped. The application on NestJS makes it in a file
 * of its own, with `AccessModule`.
 */
const guarding = /\b(?:createGuard|expressGuard|fastifyGuard|honoGuard)\(|\bAccessModule\b/
const servers = programs.filter(([, code]) => serving.test(code) && !guarding.test(code))

describe('every example that makes a server of Node', () => {
  it('is found', () => {
    expect(servers.map(([name]) => name)).toEqual(
      expect.arrayContaining(['test/examples/backends/orders.js', 'test/gateway/serve.js']),
    )
    const shownServers = servers.filter(([name]) => /^(?:README|docs\/embedding)\.md/.test(name))
    expect(shownServers.length).toBeGreaterThan(2)
  })

  it.each(servers)('lets Node drop no header: %s', (_name, code) => {
    expect(code).toMatch(/\.maxHeadersCount = 0\b/)
    if (/\bcreateServer\(/.test(code)) expect(code).toMatch(/joinDuplicateHeaders: true/)
  })
})

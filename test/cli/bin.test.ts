import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'

/** Runs the built command in a process of its own, like an installed one. */
const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

beforeAll(() => {
  // `npm test` builds it first.
  accessSync(bin)
})

test('prints its version and help', async () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  expect(await latchkey(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  expect((await latchkey(['keys', '--help'])).out).toContain('Usage: latchkey keys')
  expect((await latchkey(['kyes'])).code).toBe(2)
})

test('prints the schema', async () => {
  const { code, out } = await latchkey(['schema'])
  expect(code).toBe(0)
  expect(out).toContain('type Query')
  expect(out).toContain('@requiresScopes')
})

test('ends with 78 on a faulty configuration', async () => {
  const { code, out, err } = await latchkey(['serve'], { NODE_ENV: 'production' })
  expect({ code, out }).toEqual({ code: 78, out: '' })
  expect(err).toMatch(
    /DATABASE_URL must be set in production, such as \S+user@host[\s\S]*JWT_ISSUER must be set/,
  )
})

test('ends with 69 where the database cannot be reached, and never shows its password', async () => {
  const environment = {
    DATABASE_URL: 'postgres://latchkey:canary7c1f@127.0.0.1:1/x',
    LOG_LEVEL: 'silent',
    PORT: '0',
  }
  for (const words of [['users', 'list'], ['migrate'], ['serve']]) {
    const { code, out, err } = await latchkey(words, environment)
    expect({ code, out }).toEqual({ code: 69, out: '' })
    expect(err).not.toContain('canary7c1f')
    expect(err).toMatch(
      /^latchkey: The database cannot be reached.* \(127\.0\.0\.1:1: connection refused \(ECONNREFUSED\)\)\n$/,
    )
  }
})

describe('on a database', () => {
  test('migrates the database, then uses it', async () => {
    const { url, close } = await createTestDatabase()
    const environment = { DATABASE_URL: url }
    const migrated = await latchkey(['migrate', '--json'], environment)
    expect(JSON.parse(migrated.out)).toEqual({ upToDate: true, done: [] })
    const { code, out } = await latchkey(['users', 'list', '--json'], environment)
    expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: { users: [], more: false } })
    await close()
  })

  test('reports a database that was never migrated', async () => {
    const url = new URL(inject('databaseServerUrl'))
    url.pathname = '/template1'
    const { code, err } = await latchkey(['users', 'list'], { DATABASE_URL: url.href })
    expect(code).toBe(78)
    expect(err).toContain('are missing or too old: run `latchkey migrate` first.')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s and ends with 0', async (signal) => {
    const { url, close } = await createTestDatabase()
    const environment = settings({ DATABASE_URL: url, PORT: '0' })
    const server = spawn(process.execPath, [bin, 'serve'], { env: environment })
    const ended = once(server, 'exit')
    const graphql = await line(server.stdout, /^GraphQL +(\S+)/m)
    expect((await fetch(new URL('/healthz', graphql))).status).toBe(200)
    server.kill(signal)
    server.kill(signal)
    expect(await ended).toEqual([0, null])
    await close()
  })
})

test('a command that is interrupted leaves no embedded database running', async () => {
  const environment = settings({})
  const command = spawn(process.execPath, [bin, 'users', 'list'], { env: environment })
  const ended = once(command, 'exit')
  const running = join(environment.DATA_DIR, 'postgres', 'postmaster.pid')
  await expect.poll(() => existsSync(running), { timeout: 20_000, interval: 5 }).toBe(true)
  command.kill('SIGINT')
  expect(await ended).toEqual([1, null])
  expect(existsSync(running)).toBe(false)
  // If the user of the server cannot reach the folder, it is a link to one that it can reach.
  const cluster = realpathSync(join(environment.DATA_DIR, 'postgres'))
  for (const made of [cluster, environment.DATA_DIR]) rmSync(made, { recursive: true, force: true })
})

interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

function latchkey(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, ...words],
      { env: settings(environment) },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

function settings(environment: Record<string, string>) {
  return {
    PATH: process.env.PATH,
    DATA_DIR: mkdtempSync(join(tmpdir(), 'latchkey-')),
    ...environment,
  }
}

/** Waits until the output matches `pattern`, and returns what the pattern captures. */
async function line(output: AsyncIterable<Buffer>, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += String(chunk)
    const captured = pattern.exec(text)?.[1]
    if (captured !== undefined) return captured
  }
  throw new Error(`It ended after: ${text}`)
}

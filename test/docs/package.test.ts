import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { createKeyMaker } from '../../src/credentials/key-maker.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { openDatabase } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { send } from '../support/listening.ts'
import { temporaryFolder } from '../support/server-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const folder = temporaryFolder()
let issuer: TestIssuer
let database: TestDatabase
let key: string
let child: ChildProcess | undefined

/** A stranger's project: the package as it is published, and what it depends on. */
beforeAll(async () => {
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const [{ filename }] = JSON.parse(packed)
  execFileSync('tar', ['-xzf', filename], { cwd: folder })
  symlinkSync(join(folder, 'package'), join(modules, 'latchkey'))
  // Node resolves a link to where it points: from there the dependencies must be found as well.
  symlinkSync(modules, join(folder, 'package', 'node_modules'))
  for (const [, name = '', code = ''] of readme.matchAll(
    /<!-- example (\S+) -->\n```ts\n([\s\S]*?)```/g,
  )) {
    writeFileSync(join(folder, name), code)
  }

  issuer = await startIssuer()
  database = await createTestDatabase()
  const stores = openDatabase({ url: database.url, defaultUserScopes: null })
  const user = await stores.users.insert(
    { issuer: issuer.issuer, subject: 'alice', email: null, name: null, scopes: null },
    operator,
  )
  const made = createKeyMaker('lk', createSecretHasher()).newKey()
  key = made.key
  await stores.keys.insert(
    {
      id: made.id,
      secretHash: made.secretHash,
      secretPepper: made.secretPepper,
      ownerId: user === 'duplicate' ? '' : user.id,
      parentId: null,
      name: 'x',
      description: null,
      scopes: ['read:orders'],
      metadata: {},
      createdAt: new Date(),
      expiresAt: null,
    },
    10,
    operator,
  )
  await stores.close()
})
afterEach(() => {
  child?.kill('SIGKILL')
})
afterAll(async () => {
  await issuer.close()
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(file: string, environment: Record<string, string> = {}) {
  const port = await freePort()
  const process_ = spawn(process.execPath, [file], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      JWT_ISSUER: issuer.issuer,
      JWT_AUDIENCE: 'https://api.example',
      DATABASE_URL: database.url,
      ...environment,
    },
  })
  child = process_
  let written = ''
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      written += chunk
    })
  }
  const ask = async (query: string, credential?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query }),
    })
    return { status: response.status, body: await response.json() }
  }
  await vi
    .waitFor(() => ask('{ __typename }'), { timeout: 20_000, interval: 100 })
    .catch(() => {
      throw new Error(`${file} does not answer: ${written}`)
    })
  return { ask, port, written: () => written }
}

/** Neither Node's limit on the number of headers nor its way with repeated ones may hide a credential. */
async function expectToSeeEveryHeader(port: number, credential: string): Promise<void> {
  const json = ['Host', 'a.example', 'Content-Type', 'application/json']
  const good = ['Authorization', `Bearer ${credential}`]
  const many = Array.from({ length: 1100 }, () => ['a', '']).flat()
  const ask = async (headers: readonly string[]) => {
    const options = { method: 'POST', body: '{"query":"{ __typename }"}' }
    return (await send(port, '/graphql', [...json, ...headers], options)).status
  }
  expect(await ask(good)).toBe(200)
  expect(await ask([...good, ...good])).toBe(400)
  expect([400, 431]).toContain(await ask([...good, ...many, ...good]))
  expect([401, 431]).toContain(await ask([...many, 'Authorization', 'Bearer bad']))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('the package, in a project of its own', () => {
  it("guards a stranger's schema written as SDL, for keys and JWTs", async () => {
    const { ask, port } = await run('yoga.mjs')
    const jwt = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
    const narrow = await issuer.sign({ sub: 'alice', scope: 'nothing' })
    expect((await ask('{ hello }')).body).toEqual({ data: { hello: 'Hello stranger' } })
    for (const credential of [key, jwt]) {
      expect((await ask('{ hello orders }', credential)).body).toEqual({
        data: { hello: 'Hello alice', orders: ['one', 'two'] },
      })
    }
    expect((await ask('{ orders }')).status).toBe(401)
    expect((await ask('{ hello orders }', narrow)).status).toBe(403)
    expect((await ask('{ hello }', 'opaque')).status).toBe(401)
    await expectToSeeEveryHeader(port, jwt)
  })

  it("guards a stranger's Pothos schema, for JWTs without a database", async () => {
    const { ask, port, written } = await run('pothos.mjs', { DATABASE_URL: '' })
    const jwt = await issuer.sign({ sub: 'alice', scope: 'read:orders' })
    expect((await ask('{ orders }', jwt)).body).toEqual({ data: { orders: ['one', 'two'] } })
    expect((await ask('{ orders }')).status).toBe(401)
    await expectToSeeEveryHeader(port, jwt)
    expect(written()).toContain('orders: [String!] @requiresScopes(scopes: [["read:orders"]])')
  })

  it('is the whole server behind any fetch', async () => {
    const { ask, port } = await run('server.mjs')
    expect((await ask('{ viewer { subject } }', key)).body).toEqual({
      data: { viewer: { subject: 'alice' } },
    })
    await expectToSeeEveryHeader(port, key)
  })

  it('has a command line that needs no other package, and says whose it is made of', () => {
    const alone = temporaryFolder()
    cpSync(join(folder, 'package'), alone, {
      recursive: true,
      filter: (source) => !source.endsWith('package/node_modules'),
    })
    const command = join(alone, 'dist/cli/main.js')
    const sdl = execFileSync(command, ['schema'], { cwd: alone, encoding: 'utf8' })
    expect(sdl).toBe(readFileSync(join(root, 'schema.graphql'), 'utf8'))
    const licences = readFileSync(join(alone, 'dist/cli/licenses.txt'), 'utf8')
    for (const name of ['graphql', '@pothos/core', 'drizzle-orm', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
    }
    expect(licences).toContain('The above copyright notice and this permission notice')
    rmSync(alone, { recursive: true })
  })

  it('pulls in neither the server nor a database driver by its first entry', () => {
    const slim = temporaryFolder()
    mkdirSync(join(slim, 'node_modules'), { recursive: true })
    for (const name of ['graphql', 'graphql-yoga', 'jose', 'lru-cache']) {
      symlinkSync(join(root, 'node_modules', name), join(slim, 'node_modules', name))
    }
    cpSync(join(folder, 'package'), join(slim, 'node_modules', 'latchkey'), {
      recursive: true,
      filter: (source) => !source.endsWith('package/node_modules'),
    })
    const load = (entry: string) =>
      execFileSync(
        process.execPath,
        ['--input-type=module', '-e', `console.log(Object.keys(await import('${entry}')).join())`],
        { cwd: slim, encoding: 'utf8', stdio: 'pipe' },
      )
    expect(load('latchkey')).toMatch(/\bcreateAuthenticator\b.*\busePrincipal\b/)
    expect(() => load('latchkey/server')).toThrow(/Cannot find package/)
    rmSync(slim, { recursive: true })
  })
})

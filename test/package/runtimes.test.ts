import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createIdentityIssuer, type IdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'
import type { Principal } from '../../src/principal.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { freePort } from '../support/programs.ts'
import { writeExamples } from './frameworks.ts'
import { finish, projectFolder } from './installed.ts'

/* The plugin in the runtimes that npm brings, with the installed package. */

const here = fileURLToPath(new URL('../runtimes/', import.meta.url))
const install = 'npm ci --prefix test/runtimes --ignore-scripts'
const programOf = (scope: string, name: string): string | null => {
  const folder = join(here, 'node_modules', scope)
  if (!existsSync(folder)) return null
  const [file] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    new RegExp(`(^|/)${name}$`).test(path),
  )
  return file === undefined ? null : join(folder, file)
}

const bun = programOf('@oven', 'bun')
const deno = programOf('@deno', 'deno')
const hasMiniflare = existsSync(join(here, 'node_modules/miniflare'))
const next = join(here, 'node_modules/next/dist/bin/next')
const hasNext = existsSync(next)

it.skipIf(!process.env.CI)('has the runtimes', () => {
  if (bun === null || deno === null || !hasMiniflare || !hasNext) {
    throw new Error(`The runtimes are not installed. Run \`${install}\`.`)
  }
})

let issuer: TestIssuer
const folder = projectFolder()
const children: ChildProcess[] = []

beforeAll(async () => {
  issuer = await startIssuer()
  writeExamples(folder)
  for (const file of ['app.mjs', 'bun.mjs', 'deno.mjs', 'worker.mjs']) {
    cpSync(join(here, file), join(folder, file))
  }
})
afterAll(async () => {
  for (const child of children) child.kill()
  await issuer.close()
})

const environment = () => ({
  PATH: process.env.PATH ?? '',
  HOME: folder,
  JWT_ISSUER: issuer.issuer,
  DENO_NO_UPDATE_CHECK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
})

async function start(
  program: string,
  words: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const port = await freePort()
  const env = { ...environment(), ...more, PORT: String(port) }
  const child = spawn(program, words, { cwd, stdio: 'inherit', env })
  children.push(child)
  const url = `http://127.0.0.1:${port}/graphql`
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) return
      await fetch(`${url}?query={__typename}`)
    },
    { timeout: 50_000, interval: 200 },
  )
  expect(child.exitCode).toBeNull()
  return url
}

async function expectToAuthorize(url: string): Promise<void> {
  const ask = async (query: string, authorization?: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify({ query }),
    })
    return { status: response.status, body: await response.json() }
  }
  const bearer = async (scope: string) => `Bearer ${await issuer.sign({ scope })}`
  expect(await ask('{ hello orders }', await bearer('read:orders'))).toEqual({
    status: 200,
    body: { data: { hello: 'Hello', orders: ['one', 'two'] } },
  })
  expect((await ask('{ hello }')).body).toEqual({ data: { hello: 'Hello' } })
  expect((await ask('{ orders }')).status).toBe(401)
  expect((await ask('{ orders }', await bearer('other'))).status).toBe(403)
  expect((await ask('{ hello }', 'Bearer wrong')).status).toBe(401)
  expect((await ask('{ hello }', `Bearer ${await issuer.sign({ exp: 1 })}`)).status).toBe(401)
}

describe('usePrincipal authorizes JWTs', () => {
  it.skipIf(bun === null)('in Bun', async () => {
    await expectToAuthorize(await start(bun ?? '', ['bun.mjs'], folder))
  })

  it.skipIf(deno === null)('in Deno', async () => {
    const words = ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock', 'deno.mjs']
    await expectToAuthorize(await start(deno ?? '', words, folder))
  })

  it.skipIf(!hasMiniflare)('in workerd with nodejs_compat', async () => {
    const bundle = join(folder, 'bundle.mjs')
    const { metafile } = await build({
      entryPoints: [join(folder, 'worker.mjs')],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      external: ['node:*', 'undici'],
      metafile: true,
      conditions: ['workerd', 'worker', 'browser', 'import'],
      mainFields: ['browser', 'module', 'main'],
      logLevel: 'error',
    })
    // docs/runtimes.md names them.
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
    const external = new Set(imports.filter((one) => one.external).map(({ path }) => path))
    const modules = ['buffer', 'crypto', 'fs', 'net', 'zlib'].map((name) => `node:${name}`)
    expect([...external].sort()).toEqual([...modules, 'undici'])
    await expectToAuthorize(await start(process.execPath, ['serve-worker.mjs', bundle], here))
  })

  it.skipIf(!hasNext)(
    'in Next.js, as its routes and its middleware',
    async () => {
      const cwd = join(folder, 'next')
      cpSync(join(here, 'next'), cwd, { recursive: true })
      for (const file of ['app.mjs', 'next-route.mjs', 'next-middleware.mjs']) {
        cpSync(join(folder, file), join(cwd, file))
      }
      mkdirSync(join(cwd, 'node_modules'))
      for (const name of ['next', 'react', 'react-dom']) {
        symlinkSync(join(here, 'node_modules', name), join(cwd, 'node_modules', name))
      }
      const { code, out, err } = await finish(process.execPath, [next, 'build'], {
        cwd,
        env: environment(),
      })
      expect(code, out + err).toBe(0)
      const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
      const backend = await serveKeys(keys.keys.map(({ publicJwk }) => publicJwk))
      const identity = createIdentityIssuer({ keys, issuer: backend.url })
      try {
        const words = [next, 'start', '--hostname', '127.0.0.1']
        const url = await start(process.execPath, words, cwd, { PUBLIC_URL: backend.url })
        await expectToAuthorize(url)
        await expectToGuard(new URL('/orders', url))
        await expectToVerify(new URL('/inner', url), identity)
      } finally {
        backend.close()
      }
    },
    240_000,
  )
})

/** The handler of a route, which `createGuard` guards. */
async function expectToGuard(route: URL): Promise<void> {
  const ask = (authorization?: string) =>
    fetch(route, { headers: { ...(authorization && { authorization }) } })
  const bearer = async (scope: string) => `Bearer ${await issuer.sign({ sub: 'ada', scope })}`
  const allowed = await ask(await bearer('read:orders'))
  expect([allowed.status, await allowed.json()]).toEqual([200, { subject: 'ada' }])
  expect((await ask(await bearer('other'))).status).toBe(403)
  const anonymous = await ask()
  expect(anonymous.status).toBe(401)
  expect(anonymous.headers.get('www-authenticate')).toMatch(/^Bearer/)
  expect((await ask('Bearer wrong')).status).toBe(401)
}

/** The middleware, which verifies identity tokens. */
async function expectToVerify(route: URL, identity: IdentityIssuer): Promise<void> {
  const principal: Principal = {
    issuer: 'https://id.example',
    subject: 'ada',
    userId: 'c0ffee00-0000-4000-8000-000000000000',
    scopes: new Set(['read:orders']),
    credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes: [], expiresAt: null },
  }
  const statusFor = async (headers: Record<string, string>) =>
    (await fetch(route, { headers })).status
  const token = (of: Principal, audience: string) => identity.tokenFor(of, audience)
  const narrow = { ...principal, subject: 'bob', scopes: new Set<string>() }
  expect(await statusFor({ 'x-identity': await token(principal, 'orders') })).toBe(200)
  expect(await statusFor({ 'x-identity': await token(principal, 'other') })).toBe(401)
  expect(await statusFor({ 'x-identity': await token(narrow, 'orders') })).toBe(403)
  expect(await statusFor({})).toBe(401)
  expect(await statusFor({ authorization: `Bearer ${await issuer.sign({})}` })).toBe(401)
}

async function serveKeys(keys: readonly object[]) {
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

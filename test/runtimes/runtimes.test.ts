import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { freePort } from '../support/programs.ts'

/* The plugin in the runtimes that npm brings, with the built package. */

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
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

it.skipIf(!process.env.CI)('has the runtimes', () => {
  if (bun === null || deno === null || !hasMiniflare) {
    throw new Error(`The runtimes are not installed. Run \`${install}\`.`)
  }
})

let issuer: TestIssuer
let folder: string
const children: ChildProcess[] = []

beforeAll(async () => {
  issuer = await startIssuer()
  mkdirSync(join(root, '.data'), { recursive: true })
  folder = mkdtempSync(join(root, '.data/runtimes-'))
  cpSync(join(root, 'dist'), join(folder, 'node_modules/latchkey/dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'node_modules/latchkey/package.json'))
  for (const file of ['app.mjs', 'bun.mjs', 'deno.mjs', 'worker.mjs']) {
    cpSync(join(here, file), join(folder, file))
  }
})
afterAll(async () => {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
  await issuer.close()
})

async function start(program: string, words: readonly string[], cwd: string): Promise<string> {
  const port = await freePort()
  const child = spawn(program, words, {
    cwd,
    stdio: 'inherit',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      JWT_ISSUER: issuer.issuer,
      PORT: String(port),
      DENO_NO_UPDATE_CHECK: '1',
    },
  })
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
    await build({
      entryPoints: [join(folder, 'worker.mjs')],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      external: ['node:*'],
      conditions: ['workerd', 'worker', 'browser', 'import'],
      mainFields: ['browser', 'module', 'main'],
      logLevel: 'error',
    })
    await expectToAuthorize(await start(process.execPath, ['serve-worker.mjs', bundle], here))
  })
})

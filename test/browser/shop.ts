import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, request as sendRequest } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { createEmptyDatabase } from '../support/database.ts'
import { freePort, startProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { startBrowser } from './keys-page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The path that the proxy in front of the shop removes. */
const prefix = '/shop'

/**
 * Starts the shop of the examples on the built package, behind a proxy that removes a path, and a browser. The
 * keys page of the shop is below a path of its own.
 */
export async function startShop() {
  const database = await createEmptyDatabase()
  const folder = copyShop()
  const [port, proxyPort] = [await freePort(), await freePort()]
  const url = `http://localhost:${proxyPort}${prefix}`
  const shop = await startProgram(process.execPath, [join(folder, 'src/server.js')], port, {
    DATABASE_URL: database.url,
    PORT: `${port}`,
    PUBLIC_URL: url,
  })
  const proxy = await startProxy(proxyPort, port)
  const home = `${url}/settings/keys`
  const browser = await startBrowser({ home, signIn })
  return {
    ...browser,
    url,
    home,
    async close() {
      await browser.close()
      proxy.closeAllConnections()
      await new Promise((done) => proxy.close(done))
      await shop.stop()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Copies the application to a folder where `latchkey` is this package, and the others are those of this repository. */
function copyShop(): string {
  const folder = temporaryFolder()
  cpSync(join(root, 'test/examples/apps/shop'), folder, { recursive: true })
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(name === 'latchkey' ? root : join(root, 'node_modules', name), link)
  }
  return folder
}

async function startProxy(port: number, target: number) {
  const proxy = createServer((request, response) => {
    const { method, headers, url = '' } = request
    if (!url.startsWith(prefix)) return void response.writeHead(404).end()
    const path = url.slice(prefix.length) || '/'
    const forwarded = sendRequest({ port: target, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => forwarded.destroy())
    request.pipe(forwarded)
  })
  await new Promise<void>((done) => proxy.listen(port, '127.0.0.1', done))
  return proxy
}

/** Creates an account in the shop and signs in with its form. */
async function signIn(page: Page, name: string): Promise<void> {
  const [email, password] = [`${name}@shop.example`, 'correct horse']
  await page.getByRole('link', { name: 'Sign in' }).click()
  const register = page.url().replace('/sign-in', '/register')
  await page.request.post(register, { data: { email, password } })
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.account').waitFor()
}

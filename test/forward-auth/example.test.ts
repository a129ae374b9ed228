import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from '../support/listening.ts'
import { freePort, hasProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'

const script = fileURLToPath(new URL('../examples/backends/start.js', import.meta.url))

// Latchkey and the backends run from the output of `npm run build`, which runs before `npm test`.
describe.skipIf(!hasProgram('nginx'))('the worked example', () => {
  let example: ReturnType<typeof spawn>
  let output = ''
  let port: number
  let orders: number

  beforeAll(async () => {
    port = await freePort()
    orders = await freePort()
    example = spawn(process.execPath, [script], {
      env: {
        PATH: process.env.PATH,
        DATA_DIR: temporaryFolder(),
        PROXY_PORT: String(port),
        LATCHKEY_PORT: String(await freePort()),
        ORDERS_PORT: String(orders),
        BILLING_PORT: String(await freePort()),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [example.stdout, example.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk
      })
    }
    while (!output.includes('Ready.')) {
      if (example.exitCode !== null) throw new Error(output)
      await new Promise((done) => setTimeout(done, 50))
    }
  })
  afterAll(async () => {
    if (example.exitCode !== null) return
    const ended = once(example, 'exit')
    example.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  const shown = (name: string) => new RegExp(`^${name} +(\\S+)$`, 'm').exec(output)?.[1] ?? ''
  const json = ({ body }: { body: string }) => JSON.parse(body)

  test.each([
    ['key', () => ['X-API-Key', shown('API key')]],
    ['JWT', () => ['Authorization', `Bearer ${shown('JWT')}`]],
  ])('sends the Express backend the principal of %s', async (_, credential) => {
    const answer = await send(port, '/orders/', credential())
    expect(answer.status).toBe(200)
    expect(json(answer)).toMatchObject({
      orders: ['an order of ada'],
      scopes: expect.arrayContaining(['read:users']),
    })
  })

  test('sends the Hono backend the principal and the body', async () => {
    const headers = ['X-API-Key', shown('API key'), 'Content-Type', 'application/json']
    const options = { method: 'POST', body: '{"amount":7}' }
    const answer = await send(port, '/billing/invoices', headers, options)
    expect(answer.status).toBe(201)
    expect(json(answer)).toMatchObject({
      invoice: { amount: 7, for: { subject: 'ada' }, by: 'API_KEY' },
    })
  })

  test('refuses everyone else, except for public paths', async () => {
    expect((await send(port, '/orders/')).status).toBe(401)
    expect((await send(port, '/orders/public/')).status).toBe(200)
    expect((await send(port, '/orders/public/', ['X-API-Key', 'nonsense'])).status).toBe(401)
  })

  test('has backends that ignore identity headers of clients that bypass the proxy', async () => {
    const forged = ['X-User-Id', 'ada', 'X-Auth-Scopes', 'read:users', 'X-Identity', 'e30.e30.e30']
    expect((await send(orders, '/orders')).status).toBe(401)
    expect((await send(orders, '/orders', forged)).status).toBe(401)
    expect((await send(orders, '/orders', ['X-Identity', shown('JWT')])).status).toBe(401)
  })
})

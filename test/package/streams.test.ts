import { createClient as createSseClient } from 'graphql-sse'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { frameworkFolder, runExample, writeExamples } from './frameworks.ts'
import { nodes } from './installed.ts'

/* The documents' programs with subscriptions and caches, each with the real client. */

const cwd = frameworkFolder()
let issuer: TestIssuer
beforeAll(async () => {
  writeExamples(cwd)
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

const query = 'subscription { orders }'

/** Runs one operation, and returns the code with which the WebSocket is closed when its credential expires. */
async function closeOfIdle(port: number): Promise<number> {
  const exp = Math.floor(Date.now() / 1000) + 2
  const authorization = `Bearer ${await issuer.sign({ exp })}`
  let closed = (_event: unknown): void => {}
  const closing = new Promise((resolve) => {
    closed = resolve
  })
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    lazyCloseTimeout: 60_000,
    on: { closed },
  })
  const { value } = await client.iterate({ query: '{ hello }' }).next()
  expect(value).toEqual({ data: { hello: 'Hello' } })
  return ((await closing) as { code: number }).code
}

describe.each(nodes)('subscriptions on Node $version', (node) => {
  const run = (file: string) => runExample(node, file, { cwd, env: { JWT_ISSUER: issuer.issuer } })

  it.each(['yoga-ws.mjs', 'apollo-ws.mjs', 'mercurius-ws.mjs'])('%s', async (file) => {
    const { port, stop } = await run(file)
    const clientWith = (connectionParams: () => Promise<Record<string, string>>) =>
      createClient({
        url: `ws://127.0.0.1:${port}/graphql`,
        webSocketImpl: WebSocket,
        retryWait: async () => {},
        connectionParams,
      })
    try {
      const idleClosed = closeOfIdle(port)
      let asked = 0
      const client = clientWith(async () => {
        asked += 1
        const exp = Math.floor(Date.now() / 1000) + (asked === 1 ? 3 : 60)
        return { authorization: `Bearer ${await issuer.sign({ scope: 'read:orders', exp })}` }
      })
      const results = client.iterate({ query })
      const seen: unknown[] = []
      while (asked < 2) seen.push((await results.next()).value)
      for (const result of seen) expect(result).toEqual({ data: { orders: expect.any(Number) } })
      await client.dispose()
      expect(await idleClosed).toBe(4403)
      const anonymous = clientWith(async () => ({}))
      const ended = await anonymous
        .iterate({ query })
        .next()
        .then(
          ({ value }) => value.errors,
          (errors: unknown) => errors,
        )
      expect(ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
      await anonymous.dispose()
    } finally {
      stop()
    }
  })

  it.each(['yoga-sse.mjs', 'graphql-sse.mjs'])('%s', async (file) => {
    const { url, stop } = await run(file)
    try {
      const authorization = `Bearer ${await issuer.sign({ scope: 'read:orders' })}`
      for (const singleConnection of [false, true]) {
        const client = createSseClient({
          url: `${url}/graphql/stream`,
          singleConnection: singleConnection as false,
          headers: () => ({ authorization }),
        })
        const { value } = await client.iterate({ query }).next()
        expect(value).toEqual({ data: { orders: 1 } })
        client.dispose()
      }
      const refused = await fetch(`${url}/graphql/stream`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer wrong',
          accept: 'text/event-stream',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ query }),
      })
      expect(refused.status).toBe(401)
      expect(await refused.json()).toMatchObject({
        errors: [{ extensions: { code: 'INVALID_CREDENTIAL' } }],
      })
    } finally {
      stop()
    }
  })

  it.each([
    ['response-cache.mjs', '/graphql'],
    ['apollo-cache.mjs', '/'],
  ])('%s', async (file, path) => {
    const { url, stop } = await run(file)
    const ask = async (authorization?: string) => {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: '{"query":"{ orders }"}',
      })
      return { status: response.status, body: await response.json() }
    }
    try {
      for (let n = 0; n < 2; n += 1) {
        for (const sub of ['ann', 'bob']) {
          const token = await issuer.sign({ sub, scope: 'read:orders' })
          const { body } = await ask(`Bearer ${token}`)
          expect(body.data).toEqual({ orders: [`an order of ${sub}`] })
        }
        expect((await ask()).status).toBe(401)
      }
    } finally {
      stop()
    }
  })
})

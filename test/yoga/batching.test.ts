import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ClosableAuthenticator, createAuthenticator, usePrincipal } from '../../src/index.ts'
import type { Principal } from '../../src/principal.ts'
import { startIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'

/*
 * Operations in one batch belong to one request and have one principal, however late the body arrives and
 * however long authentication takes.
 */

let issuer: TestIssuer
const opened: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(async () => {
  for (const close of opened) await close()
  await issuer.close()
})

interface ServeOptions {
  /** The time of a user lookup, in milliseconds. */
  readonly lookup?: number
  /** A plugin that runs after Latchkey's own. */
  readonly plugin?: Plugin
}

async function serve({ lookup = 0, plugin = {} }: ServeOptions = {}) {
  const state = { suspended: false, lookups: 0 }
  const authenticator: ClosableAuthenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
    directory: {
      findKeyForVerification: async () => null,
      admitUser: async ({ issuer, subject }) => {
        await sleep(lookup)
        const { suspended } = state
        state.lookups += 1
        const grants = { scopes: null, issuerScopes: null, signedOutAt: null }
        return { userId: 'u', issuer, subject, suspended, ...grants }
      },
      markUsed: async () => {},
    },
  })
  const yoga = createYoga({
    schema: createSchema<{ principal: Principal | null }>({
      typeDefs: 'type Query { me: String }',
      resolvers: { Query: { me: (_root, _args, { principal }) => principal?.subject ?? null } },
    }),
    batching: true,
    logging: false,
    plugins: [usePrincipal({ authenticator, undeclared: 'public' }), plugin],
  })
  const server: Server = createServer(yoga)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => authenticator.close(),
  )
  return { port: (server.address() as AddressInfo).port, state }
}

const batch = JSON.stringify(Array.from({ length: 5 }, () => ({ query: '{ me }' })))

/** @param between runs after the head is sent and before the body is */
async function post(port: number, between: () => Promise<unknown> = async () => {}, body = batch) {
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    path: '/graphql',
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      authorization: `Bearer ${await issuer.sign({ scope: '' })}`,
    },
  })
  const answered = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, body: JSON.parse(text) })
    })
  })
  request.flushHeaders()
  await between()
  request.end(body)
  return answered
}

const refused = {
  errors: [{ message: 'The credential is not valid.', extensions: { code: 'INVALID_CREDENTIAL' } }],
}
const all = (result: object) => Array.from({ length: 5 }, () => result)

describe('all operations of a batch have the same principal', () => {
  it('if the body arrives at once', async () => {
    const { port } = await serve()
    expect(await post(port)).toEqual({ status: 200, body: all({ data: { me: 'alice' } }) })
  })

  it('if the body arrives later than the head', async () => {
    const { port } = await serve()
    const answer = await post(port, () => sleep(80))
    expect(answer).toEqual({ status: 200, body: all({ data: { me: 'alice' } }) })
  })

  it('if authentication takes long', async () => {
    const { port } = await serve({ lookup: 60 })
    expect(await post(port)).toEqual({ status: 200, body: all({ data: { me: 'alice' } }) })
  })

  it('if the credential is refused meanwhile: none runs', async () => {
    const { port, state } = await serve()
    const { body } = await post(port, async () => {
      await vi.waitFor(() => expect(state.lookups).toBe(1), { timeout: 20_000 })
      state.suspended = true
      // From here on, the body is late.
      await sleep(80)
    })
    expect(body).toEqual(all(refused))
  })

  it('if a hook takes long, and the credential is refused meanwhile: none runs', async () => {
    let begun = 0
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const plugin: Plugin = {
      onContextBuilding: () => {
        begun += 1
        return released
      },
    }
    const { port, state } = await serve({ plugin })
    const answered = post(port)
    await vi.waitFor(() => expect(begun).toBe(5), { timeout: 20_000 })
    state.suspended = true
    // From here on, the check of the credential is too old.
    await sleep(80)
    release()
    expect((await answered).body).toEqual(all(refused))
  })

  it('if one operation finds that the credential is refused: no other runs as anonymous', async () => {
    let built = 0
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const plugin: Plugin = {
      // The first waits until the others were refused.
      onContextBuilding: () => (built++ === 0 ? released : undefined),
      onParams: ({ params }) => {
        if (params.operationName !== 'late') return undefined
        state.suspended = true
        return sleep(80)
      },
      onExecutionResult: ({ context: { params } }) => {
        if (params.operationName === 'late') release()
      },
    }
    const { port, state } = await serve({ plugin })
    const body = JSON.stringify([
      { query: '{ me }' },
      { query: 'query late { me }', operationName: 'late' },
    ])
    expect((await post(port, undefined, body)).body).toEqual([refused, refused])
  })
})

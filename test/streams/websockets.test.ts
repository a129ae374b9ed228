import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { operator } from '../../src/index.ts'
import { createTestInstance, type TestInstance } from '../support/instance.ts'
import { type Running, startGraphQLWs, startMercurius, startYoga } from './servers.ts'

/* Operations in WebSockets: the credential comes with the connection, and counts for each operation. */

let instance: TestInstance
/** The subject whose session has ended. */
let ended = ''
beforeAll(async () => {
  instance = await createTestInstance({
    session: {
      issuer: 'https://shop.example',
      identify: (carrier) => {
        const subject = /^session=(\w+)$/.exec(carrier.header('cookie') ?? '')?.[1]
        return subject === undefined || subject === ended ? null : { subject }
      },
    },
  })
})
afterAll(async () => {
  await instance.close()
})

type Parameters = Record<string, unknown>
interface Message {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into it
  readonly payload?: any
}

/** Opens a WebSocket and speaks the protocol by hand, to see each message and the close code. */
async function open(port: number, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', {
    headers,
  })
  const messages: Message[] = []
  let wake = () => {}
  let closed: { code: number; reason: string } | null = null
  socket.on('message', (text) => {
    messages.push(JSON.parse(String(text)))
    wake()
  })
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason) }
    wake()
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const pause = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  return {
    send: (message: object) => socket.send(JSON.stringify(message)),
    async next(): Promise<Message> {
      while (messages.length === 0) {
        if (closed !== null) throw new Error(`closed: ${JSON.stringify(closed)}`)
        await pause()
      }
      return messages.shift() as Message
    },
    async closed() {
      while (closed === null) await pause()
      return closed as { code: number; reason: string }
    },
    left: messages,
    end: () => socket.close(),
  }
}

async function connect(port: number, payload?: Parameters, headers?: Record<string, string>) {
  const connection = await open(port, headers)
  connection.send({ type: 'connection_init', ...(payload && { payload }) })
  expect((await connection.next()).type).toBe('connection_ack')
  let id = 0
  const start = (query: string) => {
    id += 1
    connection.send({ id: String(id), type: 'subscribe', payload: { query } })
  }
  return {
    ...connection,
    start,
    /** Runs one operation, and returns its only result. */
    async run(query: string) {
      start(query)
      const { payload: result } = await connection.next()
      expect((await connection.next()).type).toBe('complete')
      return Array.isArray(result) ? { errors: result } : result
    },
  }
}

let people = 0
async function newKey(scopes: readonly string[]) {
  people += 1
  const subject = `person-${people}`
  const principal = await instance.signIn(subject, [...scopes, 'write:keys'])
  const { key, secret } = await instance.keys.create({
    as: principal,
    name: 'x',
    scopes: [...scopes],
  })
  return { id: key.id, secret, subject, userId: principal.userId }
}

const servers = {
  'Yoga with graphql-ws': startYoga,
  'graphql-ws with a guarded schema': startGraphQLWs,
  Mercurius: startMercurius,
}

describe.each(Object.entries(servers))('%s', (name, start) => {
  let running: Running
  beforeAll(async () => {
    running = await start(instance.authenticator)
  })
  afterAll(async () => {
    await running.close()
  })
  const to = (payload?: Parameters, headers?: Record<string, string>) =>
    connect(running.port, payload, headers)

  it('authenticates by the parameters of the connection or the headers of its upgrade', async () => {
    const { secret, subject } = await newKey(['read:orders'])
    const jwt = await instance.issuer.sign({ sub: 'jim' })
    const ways: [Parameters | undefined, Record<string, string> | undefined, string | null][] = [
      [{ authorization: `Bearer ${jwt}` }, undefined, 'JWT jim'],
      [{ Authorization: `Bearer ${secret}` }, undefined, `API_KEY ${subject}`],
      [{ apiKey: secret }, undefined, `API_KEY ${subject}`],
      [{ APIKEY: secret, authorization: null }, undefined, `API_KEY ${subject}`],
      [undefined, { authorization: `Bearer ${jwt}` }, 'JWT jim'],
      [{}, { 'x-api-key': secret }, `API_KEY ${subject}`],
      [{ token: jwt, 'x-api-key': secret, cookie: 'a' }, undefined, null],
      [undefined, undefined, null],
      [{ authorization: '' }, undefined, null],
    ]
    for (const [parameters, headers, expected] of ways) {
      const { run, end } = await to(parameters, headers)
      const result = await run('{ me }')
      if (expected === null) {
        expect(result.errors[0].extensions.code).toBe('UNAUTHENTICATED')
        expect(await run('{ hello }')).toEqual({ data: { hello: 'Hello' } })
      } else expect(result).toEqual({ data: { me: expected } })
      end()
    }
  })

  it('refuses several credentials, and values that are none', async () => {
    const { secret } = await newKey(['read:orders'])
    const bearer = `Bearer ${secret}`
    const ways: [Parameters, Record<string, string> | undefined][] = [
      [{ authorization: bearer, apiKey: secret }, undefined],
      [{ authorization: bearer, Authorization: bearer }, undefined],
      [{ authorization: bearer }, { authorization: bearer }],
      [{ apiKey: secret }, { 'x-api-key': secret }],
      [{ authorization: [bearer] }, undefined],
      [{ apiKey: { toString: 1 } }, undefined],
      [{ apiKey: 1 }, undefined],
      [{ apiKey: secret, APIKEY: '' }, undefined],
      [{ authorization: `Bearer ${'a'.repeat(20_000)}` }, undefined],
    ]
    for (const [parameters, headers] of ways) {
      const { run, closed } = await to(parameters, headers)
      const { errors } = await run('{ hello }')
      expect(errors[0].extensions.code).toBe('INVALID_REQUEST')
      expect((await closed()).code).toBe(4403)
    }
  })

  it('answers an operation with a credential that is not valid, and closes with 4403', async () => {
    const expired = await instance.issuer.sign({ exp: 1 })
    for (const authorization of ['Bearer lk_wrong', `Bearer ${expired}`, 'Bearer opaque']) {
      const { closed, start, next } = await to({ authorization })
      start('subscription { said }')
      const { payload } = await next()
      const errors = Array.isArray(payload) ? payload : payload.errors
      expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIAL' })
      expect(await closed()).toEqual({ code: 4403, reason: 'The credential is not valid.' })
    }
  })

  it('closes with 4403 when the credential expires, even if nothing is sent or runs', async () => {
    const exp = Math.floor(Date.now() / 1000) + 4
    const authorization = `Bearer ${await instance.issuer.sign({ scope: 'read:orders', exp })}`
    const idle = await to({ authorization })
    expect((await idle.run('{ hello }')).data).toEqual({ hello: 'Hello' })
    const streaming = await to({ authorization })
    streaming.start('subscription { orders }')
    expect((await streaming.next()).payload).toEqual({ data: { orders: 1 } })
    for (const { closed, left } of [streaming, idle]) {
      expect((await closed()).code).toBe(4403)
      expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
      expect(left).toEqual([])
    }
  })

  it('closes with 4403 when the credential is revoked, during and after an operation', async () => {
    const { id, secret } = await newKey(['read:orders'])
    const streaming = await to({ apiKey: secret })
    const idle = await to({ apiKey: secret })
    streaming.start('subscription { orders }')
    expect((await streaming.next()).payload).toEqual({ data: { orders: 1 } })
    expect((await idle.run('{ hello }')).data).toEqual({ hello: 'Hello' })
    await instance.keys.revoke({ as: operator, id })
    expect((await streaming.closed()).code).toBe(4403)
    expect(streaming.left).toEqual([])
    expect((await idle.closed()).code).toBe(4403)
    expect(idle.left).toEqual([])
  })

  it('runs nothing of a flood of operations with a credential that is not valid', async () => {
    const { start, closed, left } = await to({ apiKey: 'lk_wrong' })
    for (let n = 0; n < 100; n += 1) start('{ hello }')
    expect((await closed()).code).toBe(4403)
    expect(left.length).toBeGreaterThan(0)
    expect(JSON.stringify(left)).not.toContain('Hello')
  })

  it('answers operations that race a revocation or closes, and runs none after it', async () => {
    const { id, secret, subject } = await newKey(['read:orders'])
    const { run, start, closed, left } = await to({ apiKey: secret })
    expect((await run('{ me }')).data.me).toBe(`API_KEY ${subject}`)
    const revoked = instance.keys.revoke({ as: operator, id })
    for (let n = 0; n < 20; n += 1) start('{ me }')
    await revoked
    expect((await closed()).code).toBe(4403)
    for (const { type, payload } of left) {
      if (type === 'complete') continue
      const errors = Array.isArray(payload) ? payload : payload.errors
      if (errors === undefined) expect(payload).toEqual({ data: { me: `API_KEY ${subject}` } })
      else expect(errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
    }
    const again = await to({ apiKey: secret })
    again.start('{ me }')
    expect((await again.closed()).code).toBe(4403)
    expect(JSON.stringify(again.left)).not.toContain(subject)
  })

  it('ends an operation that needs a scope that was lost, and serves the others', async () => {
    const { secret, userId } = await newKey(['read:orders', 'read:keys'])
    const { start, next, run, end } = await to({ apiKey: secret })
    start('subscription { orders }')
    expect((await next()).payload).toEqual({ data: { orders: 1 } })
    await instance.users.setScopes({ as: operator, userId, scopes: ['read:keys'] })
    const { payload } = await next()
    const errors = Array.isArray(payload) ? payload : payload.errors
    expect(errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: ['read:orders'],
    })
    expect((await next()).type).toBe('complete')
    expect((await run('{ me }')).data.me).toMatch(/^API_KEY/)
    start('subscription { orders }')
    const { payload: denied } = await next()
    expect((Array.isArray(denied) ? denied : denied.errors)[0].extensions.code).toBe('FORBIDDEN')
    end()
  })

  it('counts the session of a person in a WebSocket of a page of the application', async () => {
    const own = { cookie: 'session=eve', origin: `http://127.0.0.1:${running.port}` }
    const { run, start, closed } = await to(undefined, own)
    expect(await run('{ me }')).toEqual({ data: { me: 'SESSION eve' } })
    const forged = { cookie: 'session=eve', origin: 'https://shop.example' }
    const other = await to(forged, { ...own, origin: 'https://evil.example' })
    expect((await other.run('{ me }')).errors[0].extensions.code).toBe('UNAUTHENTICATED')
    other.end()
    ended = 'eve'
    await new Promise((resolve) => setTimeout(resolve, 100))
    start('{ hello }')
    expect((await closed()).code).toBe(4403)
    ended = ''
  })

  it('lets a client connect again with a new token', async () => {
    let asked = 0
    const client = createClient({
      url: `ws://127.0.0.1:${running.port}/graphql`,
      webSocketImpl: WebSocket,
      retryWait: async () => {},
      connectionParams: async () => {
        asked += 1
        const exp = Math.floor(Date.now() / 1000) + (asked === 1 ? 2 : 60)
        return {
          authorization: `Bearer ${await instance.issuer.sign({ scope: 'read:orders', exp })}`,
        }
      },
    })
    const results = client.iterate({ query: 'subscription { orders }' })
    for (let n = 0; n < 2; n += 1) {
      expect((await results.next()).value).toEqual({ data: { orders: 1 } })
    }
    expect(asked).toBe(2)
    await client.dispose()
  })

  it.skipIf(name === 'Mercurius')('closes with 4401 before the acknowledgement', async () => {
    const { send, closed } = await open(running.port)
    send({ id: '1', type: 'subscribe', payload: { query: '{ hello }' } })
    expect((await closed()).code).toBe(4401)
  })
})

import { Agent } from 'node:http'
import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith, send } from '../support/listening.ts'

/*
 * Plugins and resolvers set the status and headers of an answer by `extensions.http`. The answer must
 * end where its client expects the end, whatever they set.
 */

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>
/** The values that the next operation sets. */
let http: { status?: number; headers?: Record<string, string> } = {}
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  app = await createTestApp(
    {},
    {
      plugins: [
        {
          onExecute({ setResultAndStopExecution }) {
            setResultAndStopExecution({
              errors: [new GraphQLError('no', { extensions: { http } })],
            })
          },
        },
      ],
    },
  )
  server = await listenWith(app)
})
afterAll(async () => {
  agent.destroy()
  await server.close()
  await app.close()
})

async function answerWith(set: typeof http) {
  http = set
  const answer = await send(server.port, '/graphql?query=%7B__typename%7D', ['X-Request-Id', 'r'], {
    agent,
  })
  // Uses the same connection: a rest of the previous answer would be read as part of this one.
  expect(await send(server.port, '/healthz', [], { agent })).toMatchObject({
    status: 200,
    body: '{"status":"alive"}',
  })
  return answer
}

/** Returns the values of a header, one for each occurrence. */
const valuesOf = (rawHeaders: readonly string[], name: string) =>
  rawHeaders.filter((_value, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === name)

describe('a header that an operation sets', () => {
  it.each([
    ['content-length', { 'content-length': '1' }],
    ['content-length', { 'Content-Length': '1' }],
    ['content-length', { 'transfer-encoding': 'chunked' }],
    ['x-request-id', { 'X-Request-ID': 'mine' }],
  ])('does not replace %s: %j', async (name, headers) => {
    const { status, rawHeaders, body } = await answerWith({ status: 200, headers })
    expect(status).toBe(200)
    expect(JSON.parse(body).errors).toMatchObject([{ message: 'no' }])
    const expected = name === 'x-request-id' ? 'r' : String(Buffer.byteLength(body))
    expect(valuesOf(rawHeaders, name)).toEqual([expected])
    expect(valuesOf(rawHeaders, 'transfer-encoding')).toEqual([])
  })

  it.each([
    ['content-type', { 'content-type': 'text/plain' }, 'text/plain'],
    ['cache-control', { 'Cache-Control': 'private' }, 'private'],
    ['x-own', { 'x-own': 'a', 'X-Own': 'b' }, 'b'],
  ])('is sent once: %s', async (name, headers, expected) => {
    const { rawHeaders } = await answerWith({ status: 200, headers })
    expect(valuesOf(rawHeaders, name)).toEqual([expected])
  })

  it.each([
    ['a value', { 'x-own': 'a\r\nx-other: b' }],
    ['a name', { 'x own': 'a' }],
  ])('is answered as an unexpected error if %s cannot be sent', async (_what, headers) => {
    const { status, headers: sent, body } = await answerWith({ status: 200, headers })
    expect(status).toBe(500)
    expect(sent).not.toHaveProperty('x-other')
    expect(JSON.parse(body).errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r' } },
    ])
  })
})

it.each([100, 101, 199, 204, 205, 304, 600, 1000])(
  'a status that no answer with a body has is a bug: %d',
  async (status) => {
    const answer = await answerWith({ status })
    expect(answer.status).toBe(500)
    expect(JSON.parse(answer.body).errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r' } },
    ])
  },
)

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'
import { exchange } from '../support/raw-exchange.ts'

/*
 * A request may be answered before its body is read. The rest of the body must not be taken for a further
 * request on the connection, whatever it looks like.
 */

let app: TestApp
let server: Awaited<ReturnType<typeof listenWith>>

beforeAll(async () => {
  app = await createTestApp({ AUTH_FAILURES_PER_MINUTE: '0' })
  server = await listenWith(app)
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const hidden = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
const next = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
const json = 'Content-Type: application/json'
const tooLarge = ' '.repeat(1_000_001)

const framed = {
  'of a known length': (line: string, headers: readonly string[], body: string) =>
    [`${line} HTTP/1.1`, 'Host: x', ...headers, `Content-Length: ${body.length}`, '', body].join(
      '\r\n',
    ),
  'in chunks': (line: string, headers: readonly string[], body: string) =>
    [
      `${line} HTTP/1.1`,
      'Host: x',
      ...headers,
      'Transfer-Encoding: chunked',
      '',
      body.length.toString(16),
      body,
      '0',
      '',
      '',
    ].join('\r\n'),
}

describe.each(Object.entries(framed))('a body %s', (_how, request) => {
  it.each([
    ['of another media type', 'POST /graphql', ['Content-Type: text/plain'], hidden, 415],
    ['with a bad credential', 'POST /graphql', [json, 'Authorization: Bearer lk_x'], hidden, 401],
    ['that is too large', 'POST /graphql', [json], tooLarge + hidden, 413],
    ['of a GET', 'GET /graphql?query=%7B__typename%7D', [], hidden, 200],
    ['of another method', 'PUT /graphql', [], hidden, 405],
    ['of a question of a proxy', 'POST /auth/verify', [], hidden, 401],
    ['without a credential', 'POST /oauth2/introspect', [], hidden, 401],
    ['of nothing that there is', 'POST /nothing', [], hidden, 404],
  ])(
    'that is not read is not taken for a request: %s',
    async (_what, line, headers, body, status) => {
      for (const expectation of [[], ['Expect: 100-continue']]) {
        const answers = await exchange(
          server.port,
          request(line, [...headers, ...expectation], body) + next,
        )
        const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) =>
          Number(code),
        )
        expect(statuses.filter((code) => code !== 100)).toEqual([status, 200])
        expect(answers).toContain('{"status":"alive"}')
        expect(answers).not.toContain('latchkey_')
      }
    },
  )
})

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { listenWith } from '../support/listening.ts'

const page = 'https://app.example.com'
const other = 'https://other.example.com'

const largeRequest = (origin: string) =>
  [
    'POST /graphql HTTP/1.1',
    'Host: x',
    `X-Large: ${'x'.repeat(20_000)}`,
    `Origin: ${origin}`,
    '',
    '',
  ].join('\r\n')

describe.each([
  ['one origin is allowed', page],
  ['several are', `${other},${page}`],
])('where %s, a page', (_case, origins) => {
  let app: TestApp
  let server: Awaited<ReturnType<typeof listenWith>>
  beforeAll(async () => {
    app = await createTestApp({ CORS_ORIGINS: origins })
    server = await listenWith(app)
  })
  afterAll(async () => {
    await server.close()
    await app.close()
  })

  /** Returns the headers of the answer to a request that arrives in these parts. */
  async function headOf(...parts: string[]): Promise<string> {
    const socket = connect(server.port, '127.0.0.1').setNoDelay()
    let answer = ''
    socket.on('data', (chunk: Buffer) => {
      answer += chunk
    })
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    for (const part of parts) {
      socket.write(part)
      await new Promise((done) => setTimeout(done, 50))
    }
    await closed
    return answer.split('\r\n\r\n')[0]?.toLowerCase() ?? ''
  }

  it('may read that its headers are too large', async () => {
    const head = await headOf(largeRequest(page))
    expect(head).toMatch(/^http\/1.1 431 /)
    expect(head).toContain(`\r\naccess-control-allow-origin: ${page}\r\n`)
    expect(head).toContain('\r\nvary: origin\r\n')
    expect(head).toContain('\r\naccess-control-expose-headers: ')
  })

  it('of another origin may not', async () => {
    for (const origin of ['https://evil.example', `${page}.evil.example`, 'null']) {
      const head = await headOf(largeRequest(origin))
      expect(head).toMatch(/^http\/1.1 431 /)
      expect(head).not.toContain('access-control-')
      expect(head).toContain('\r\nvary: origin\r\n')
    }
  })

  it('may read it if the origin arrived earlier, where only one is possible', async () => {
    const [before, after] = ['Host: x\r\n', `X-Large: ${'x'.repeat(20_000)}\r\n\r\n`]
    const first = `POST /graphql HTTP/1.1\r\nOrigin: ${page}\r\n${before}`
    const head = await headOf(first, after)
    expect(head).toMatch(/^http\/1.1 431 /)
    expect(head.includes(`access-control-allow-origin: ${page}`)).toBe(origins === page)
    expect(head).not.toContain('access-control-allow-origin: *')
  })
})

it('no CORS header is sent where no origin is allowed', async () => {
  const app = await createTestApp()
  const server = await listenWith(app)
  const socket = connect(server.port, '127.0.0.1')
  socket.write(largeRequest(page))
  const answer = await new Promise<string>((resolve) =>
    socket.once('data', (chunk: Buffer) => resolve(String(chunk))),
  )
  expect(answer).toMatch(/^HTTP\/1.1 431 /)
  expect(answer).not.toMatch(/access-control|vary/i)
  socket.destroy()
  await server.close()
  await app.close()
})
